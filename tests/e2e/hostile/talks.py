"""What the scripted servers of the tables say: each makes a function for `replies` or `greeting` of peers.scripted."""


def says(octets, then=None):
    """Says so, %T being the tag of an IMAP command, and closes, or goes on as `then` does."""
    def talk(conversation, *told):
        conversation.send(octets.replace(b"%T", told[0]) if len(told) == 2 else octets)
        return then(conversation) if then else False
    return talk


def answer(octets):
    """Says so and goes on."""
    return says(octets, lambda conversation: None)


def endless(octets, before=b""):
    def talk(conversation, *_):
        conversation.send(before)
        conversation.endless(octets)
        return False
    return talk


def silence(conversation, *_):
    conversation.silence()
    return False


def reset(before=b""):
    def talk(conversation, *_):
        conversation.send(before)
        conversation.reset()
        return False
    return talk


def drip(octets, pause=0.3):
    def talk(conversation, *_):
        conversation.drip(octets, pause)
        return False
    return talk
