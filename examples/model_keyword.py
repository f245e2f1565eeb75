"""The words that a checkpoint was trained on (extension model-keyword)."""

from __future__ import annotations

import webuiapi


def main() -> None:
    api = webuiapi.WebUIApi()
    mki = webuiapi.ModelKeywordInterface(api)
    print(mki.get_keywords())


if __name__ == "__main__":
    main()
