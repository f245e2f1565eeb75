"""What Segment Anything's endpoints give, under the names of webuiapi 0.9; pictures are Pillow images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image


@dataclass
class SegmentAnythingSamResult:
    """What sam_predict gives: three guesses at the same thing, in the same order in the three lists."""

    message: str
    """What the server says; why there is nothing, where there is nothing."""
    blended_images: list[Image]
    """The picture with the mask drawn over it. [] where nothing was found, as the other two."""
    masks: list[Image]
    """The masks: white is what was found."""
    masked_images: list[Image]
    """What was found, cut out."""


@dataclass
class SegmentAnythingGinoResult:
    """What dino_predict gives."""

    message: str
    """What the server says."""
    image_with_box: Image | None
    """The picture with boxes around what fits the text; None where nothing does."""


@dataclass
class SegmentAnythingDilationResult:
    """What dilate_mask gives."""

    blended_image: Image | None
    """The picture with the mask drawn over it."""
    mask: Image | None
    """The grown mask."""
    masked_image: Image | None
    """What it covers, cut out."""


@dataclass
class SegmentAnythingControlNetSegNotRandomResult:
    """What generate_semantic_segmentation gives with a `seg_*` processor. Pictures are None where it failed."""

    message: str
    """What the server says."""
    sem_presam: Image | None
    """The segmentation before Segment Anything has refined it."""
    sem_postsam: Image | None
    """The refined segmentation."""
    blended_presam: Image | None
    """The picture with the first drawn over it."""
    blended_postsam: Image | None
    """The picture with the second drawn over it."""


@dataclass
class SegmentAnythingControlNetSegRandomResult:
    """What generate_semantic_segmentation gives with the processor `random`. Pictures are None where it failed."""

    message: str
    """What the server says."""
    blended_image: Image | None
    """The picture with the segments drawn over it in random colours."""
    random_seg: Image | None
    """The segments alone."""
    edit_anything_control: Image | None
    """The same as ControlNet's EditAnything model wants it."""


@dataclass
class SegmentAnythingSemanticSegWithCatIdResult:
    """What sam_and_semantic_seg_with_cat_id gives. Pictures are None where nothing was found."""

    message: str
    """What the server says."""
    blended_image: Image | None
    """The picture with the mask drawn over it."""
    mask: Image | None
    """The mask: white is what was found."""
    masked_image: Image | None
    """What was found, cut out."""
    resized_input: Image | None
    """The picture in the size that was worked in, which the others have."""
