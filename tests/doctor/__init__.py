"""The doctor: what it says of servers that work, of those that do not, and of what lies in between."""
