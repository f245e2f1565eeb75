"""The version, said once; a test holds it together with pyproject.toml and the changelog."""

__version__ = "1.0.0.dev0"
