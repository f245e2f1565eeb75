"""What the tests of the client share: servers that do as they are told, both colours behind one face, pictures."""
