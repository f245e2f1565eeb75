"""A client for every server that speaks `/sdapi/v1`."""
