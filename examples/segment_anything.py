"""Masks of what is in a picture (extension segment-anything)."""

from __future__ import annotations

from pictures import photo
from PIL import Image

import webuiapi


def main() -> None:
    api = webuiapi.WebUIApi()
    with Image.open(photo("photo.png")) as img:
        segment = webuiapi.SegmentAnythingInterface(api)

        # By points: as fractions of the picture, or in pixels.
        sam_result = segment.sam_predict(image=img, sam_positive_points=[(0.5, 0.25), (0.75, 0.75)])
        print(sam_result.message, len(sam_result.masks))

        # By a text, through GroundingDINO.
        sam_result2 = segment.sam_predict(
            image=img, dino_enabled=True, dino_text_prompt="A text prompt for GroundingDINO"
        )
        print(sam_result2.message)

        dilation_result = segment.dilate_mask(image=img, mask=sam_result.masks[0], dilate_amount=30)
        assert dilation_result.mask is not None
        dilation_result.mask.save("mask.png")

        # By categories, their numbers separated by a plus sign.
        semantic_seg_result = segment.sam_and_semantic_seg_with_cat_id(image=img, category="1+2+3")
        print(semantic_seg_result.message)


if __name__ == "__main__":
    main()
