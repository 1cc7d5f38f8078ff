"""Who answers: conversations, signatures, what follows from them. Pure, but for `driver`, which owns the sockets."""
