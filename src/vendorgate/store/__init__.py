"""Storage behind the stages' protocols: one SQLite file. Nothing is imported here: a process loads what it uses."""
