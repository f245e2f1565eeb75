"""One file per area of the API, each with what is sent and what comes back."""
