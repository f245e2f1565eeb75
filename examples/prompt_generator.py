"""Longer prompts from short ones (extension promptgen, branch with an API)."""

from __future__ import annotations

import webuiapi


def main() -> None:
    api = webuiapi.WebUIApi()
    text = "a box"

    result = api.list_prompt_gen_models()
    print("list of models")
    print(result)

    result = api.prompt_gen(text=text)
    print(result[0].startswith(text))

    # With another model:
    result = api.prompt_gen(text=text, model_name="AUTOMATIC/promptgen-majinai-unsafe")
    print(len(result))

    # With everything said:
    result = api.prompt_gen(
        text=text,
        model_name="AUTOMATIC/promptgen-majinai-unsafe",
        batch_count=1,
        batch_size=10,
        min_length=20,
        max_length=150,
        num_beams=1,
        temperature=1,
        repetition_penalty=1,
        length_preference=1,
        sampling_mode="Top K",
        top_k=12,
        top_p=0.15,
    )
    print(len(result))


if __name__ == "__main__":
    main()
