"""The first problem of a packet is the one it keeps."""

import numpy as np

from periplus.wire.problem import Problem, blame


def test_blame_writes_only_where_nothing_was_found_before() -> None:
    problems = np.array([0, Problem.TRUNCATED, 0], np.uint8)
    blame(problems, np.array([True, True, False]), Problem.FRAGMENT)
    assert problems.tolist() == [Problem.FRAGMENT, Problem.TRUNCATED, Problem.OK]


def test_numbers_are_dense_from_zero_and_words_are_unique() -> None:
    assert [problem.value for problem in Problem] == list(range(len(Problem)))
    assert len({problem.word for problem in Problem}) == len(Problem)
    assert Problem.BAD_HEADER_LENGTH.word == "bad-header-length"
