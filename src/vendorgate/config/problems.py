"""What is wrong with a configuration, and where."""

from typing import NamedTuple


class Problem(NamedTuple):
    """One thing to repair. ``line`` and ``column`` count from 1."""

    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.message}"


class ConfigProblems(Exception):
    """A configuration that is refused as a whole. ``problems`` holds everything found, in the order of the file."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems

    def __reduce__(self) -> tuple[type["ConfigProblems"], tuple[tuple[Problem, ...]]]:
        return ConfigProblems, (self.problems,)
