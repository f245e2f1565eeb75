"""The extensions' own endpoints, in both colours: what is sent, and what is made of answers of the contracts' shape."""
