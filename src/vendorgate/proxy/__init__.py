"""Accept and answer: the listener, its limits and deadlines, the life of a client connection."""
