"""What the embedded server can have installed, each extension held against the facts of its contract."""
