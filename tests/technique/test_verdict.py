"""The words are Nmap's."""

from periplus.technique.verdict import Reason, State


def test_states_are_nmaps_six() -> None:
    words = ["open", "closed", "filtered", "unfiltered", "open|filtered", "closed|filtered"]
    assert [state.word for state in State] == words


def test_reasons_read_as_nmaps() -> None:
    assert Reason.SYN_ACK.word == "syn-ack"
    assert Reason.SPLIT_HANDSHAKE_SYN.word == "split-handshake-syn"
    assert len({reason.word for reason in Reason}) == len(Reason)


def test_the_words_of_one_who_never_answers_have_the_value_of_an_empty_column() -> None:
    assert int(Reason.NO_RESPONSE) == 0
