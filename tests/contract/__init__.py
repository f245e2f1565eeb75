"""What was recorded from a running AUTOMATIC1111 1.10.1, its catalogue, and the rules by which answers are compared."""
