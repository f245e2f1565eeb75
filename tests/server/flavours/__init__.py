"""The relatives of A1111 that the embedded server can be."""
