"""The client's side of the extensions and scripts, against what their contracts say."""
