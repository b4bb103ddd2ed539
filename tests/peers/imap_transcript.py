"""Dialogues with an IMAP server from files (tests/transcripts/imap_server_e2e), run and compared.

    # a comment
    @needs NAME...            capabilities; a server that announces them not fails, Dovecot is passed over
    @create MAILBOX
    @message MAILBOX [(FLAGS)] ["DATE"]   with the lines that follow behind "| "
    @raw N, @other N          connection N is not logged in; is that of another user
    @on N COMMAND             a command of connection N, whose responses are not looked at, but for OK
    @do COMMAND               one over a connection of its own
    @starttls N               the handshake
    @compress N               COMPRESS, and its answer
    @ours                     what follows is not what Dovecot does, nor wrong for that
    @server ARGUMENT...       in front of all: a server of its own with these arguments
    @fresh                    a user who has nothing yet; connections begin anew
    @messages MAILBOX N [(FLAGS)]         so many messages, "message 1" and on
    @gap MAILBOX N            so many UIDs that are taken and gone
    @example RFCn SECTION[/n] what follows is that example
    @omits RFCn SECTION[/n] WHY           an example that does not run here
    C: a line of the client; "{*}" or "{*+}" at its end is a literal of the lines that follow behind "C| ", without the
       CRLF of the last where that is "C\\ "; then "C: " goes on with the command
    S: a response; so written "{*}" with "S| " and "S+ ", which goes on with the response
    S? a response that may come or not; S* any number of them. A tagged one may be "A1 NO|BAD"

C2:, S2: are those of another connection. {{name:PATTERN}} matches and is remembered, {{name}} stands for it, {{}} for
anything. Items of FETCH, STATUS and ESEARCH come in any order, attributes of LIST are some of those that there are (or,
with "!", not among them), the text behind a status and its code does not matter, nor does the order of responses of
different kinds."""

import re


_PIECE = re.compile(r"\{\{(?:(\w+)(?::((?:(?!\}\}).)*))?|:((?:(?!\}\}).)*))?\}\}")
_STATUS = re.compile(r"(\S+ (?:OK|NO|BAD|BYE|PREAUTH))(?: (\[(?:[^\]\"]|\"[^\"]*\")*\]))?(?: .*)?", re.DOTALL)
_QUOTED_ATOM = re.compile(r'"([A-Za-z0-9/._&+-]+)"')  # a server may quote what need not be
_KEYWORDS = b"* OK [PERMANENTFLAGS "


class Step:
    def __init__(self, number, kind, connection, text):
        self.number = number
        self.kind = kind  # "C", "S", "?", "*", "@"
        self.connection = connection
        self.text = text
        self.literals = []

    def __repr__(self):
        return f"line {self.number}: {self.text}"


def read(path):
    """The steps of a file. A literal stands in the text as {*}, its octets in `literals`."""
    steps, message = [], None
    with open(path, encoding="utf-8", newline="\n") as file:
        for number, line in enumerate(file.read().split("\n"), 1):
            match = re.match(r"(?:([CS])(\d?)([:?|+\\*])|([@|#]))(?: (.*))?$", line)
            if line.startswith("@"):
                message = Step(number, "@", 0, line[1:])
                steps.append(message)
            elif line.startswith("|"):
                message.literals.append(line[2:])
            elif not line.strip() or line.startswith("#"):
                continue
            elif match:
                _take(steps, number, match)
            else:
                raise ValueError(f"{path}:{number}: {line}")
    return steps


def _take(steps, number, match):
    side, connection, mark, text = match.group(1), int(match.group(2) or 1), match.group(3), match.group(5) or ""
    if mark in ("|", "\\"):
        steps[-1].literals[-1] += text + ("\r\n" if mark == "|" else "")
        return
    if mark == "+":
        steps[-1].text += text
    else:
        steps.append(Step(number, mark if mark in "?*" else side, connection, text))
    if re.search(r"\{\*\+?\}$", text):
        steps[-1].literals.append("")


class Matcher:
    def __init__(self, variables=None):
        self.variables = dict(variables or {})

    def substitute(self, text):
        """Of what the client says."""
        return _PIECE.sub(lambda found: self.variables[found.group(1)], text)

    def pattern(self, text):
        out, at = "", 0
        for found in _PIECE.finditer(text):
            out += re.escape(text[at:found.start()])
            at = found.end()
            name, bound, free = found.groups()
            if name and bound is None:
                out += re.escape(self.variables[name])
            elif name:
                out += f"(?P<{name}>{bound})"
            else:
                out += f"(?:{free if free is not None else '.*'})"
        return out + re.escape(text[at:])

    def fits(self, expected, actual):
        found = re.fullmatch(self.pattern(expected), actual, re.DOTALL) or re.fullmatch(
            self.pattern(_QUOTED_ATOM.sub(r"\1", expected)), _QUOTED_ATOM.sub(r"\1", actual), re.DOTALL)
        if not found:
            return False
        self.variables.update(found.groupdict())
        return True

    def matches(self, step, raw):
        """Whether a response is the one of a step."""
        actual = raw[:-2].decode("utf-8", "surrogateescape")
        literals = iter(step.literals)
        expected = re.sub(r"\{\*\}", lambda _: self._literal(next(literals)), step.text)
        kind = re.match(r"(?:\* )?(?:\d+ )?(\S+)", actual).group(1)
        if expected == "* {{}}":
            return actual.startswith("* ")
        if _STATUS.fullmatch(actual):
            return self._status(expected, actual)
        if actual.startswith("+"):
            return expected.startswith("+")
        if re.match(r"\* \d+ (?:UID)?FETCH ", actual) and "FETCH (" in expected:
            head, rest = actual.split(" (", 1)
            expected_head, _, expected_rest = expected.partition(" (")
            return self.fits(expected_head, head) and self._items(expected_rest[:-1], rest[:-1])
        if kind == "STATUS" and " ({{" not in expected:
            head, rest = re.match(r'(\* STATUS (?:"[^"]*"|\S+)) \((.*)\)$', actual).groups()
            expected_head, _, expected_rest = expected.partition(" (")
            return self.fits(expected_head, head) and self._items(expected_rest[:-1], rest)
        if kind == "ESEARCH":
            return self._esearch(expected, actual)
        if kind in ("LIST", "LSUB") and expected.startswith(f"* {kind} ("):
            return self._list(expected, actual)
        if kind == "CAPABILITY":
            return set(expected.split()) <= set(actual.split())
        if kind in ("FLAGS",):
            return kind in expected and set(re.split(r"[ ()]+", expected)) <= set(re.split(r"[ ()]+", actual))
        return self.fits(expected, actual)

    @staticmethod
    def _literal(text):
        return "{%d}\r\n%s" % (len(text.encode("utf-8", "surrogateescape")), text)

    def _status(self, expected, actual):
        found = _STATUS.fullmatch(actual)
        head, space, statuses = expected.partition(" ")[0], " ", expected.partition(" ")[2].split(" ")[0]
        status = found.group(1).partition(" ")[2]
        if not self.fits(head + space + status, found.group(1)) or status not in statuses.split("|"):
            return False
        wanted = _STATUS.fullmatch(expected.replace(statuses, status, 1))
        return not wanted.group(2) or self.fits(wanted.group(2), found.group(2) or "")

    def _items(self, expected, actual):
        wanted, found = items(expected), items(actual)
        if sorted(wanted) != sorted(found):
            return False
        for name, value in wanted.items():
            if name == "FLAGS" and value.startswith("("):
                if set(value[1:-1].split()) != set(found[name][1:-1].split()) - {"\\Recent"}:
                    return False
            elif not self.fits(value, found[name]):
                return False
        return True

    def _esearch(self, expected, actual):
        split = re.compile(r"(\* ESEARCH(?: \((?:[^\"()]|\"[^\"]*\")*\))?(?: UID)?)(?: (.*))?", re.DOTALL)
        wanted, found = split.fullmatch(expected), split.fullmatch(actual)
        if not wanted or not self.fits(wanted.group(1), found.group(1)):
            return False
        return self._items(wanted.group(2) or "", found.group(2) or "")

    def _list(self, expected, actual):
        wanted, rest = re.match(r"\* \w+ \(([^)]*)\) (.*)", expected, re.DOTALL).groups()
        found, actual_rest = re.match(r"\* \w+ \(([^)]*)\) (.*)", actual, re.DOTALL).groups()
        found = {name.upper() for name in found.split()}
        for name in wanted.upper().split():
            if (name[1:] in found) if name.startswith("!") else (name not in found):
                return False
        return self.fits(rest, actual_rest)


def items(text):
    """{name: value} of "NAME value NAME value", values being atoms, strings, literals and lists."""
    found, at = {}, 0
    while at < len(text):
        name_end = at
        depth = 0
        while depth or text[name_end] not in " ":
            depth += (text[name_end] == "[") - (text[name_end] == "]")
            name_end += 1
        end = _value_end(text, name_end + 1)
        found[text[at:name_end].upper()] = text[name_end + 1:end]
        at = end + 1
    return found


def _value_end(text, at):
    depth = 0
    while at < len(text):
        literal = re.compile(r"~?\{(\d+)\}\r\n").match(text, at)
        piece = _PIECE.match(text, at)
        if piece:
            at = piece.end()
        elif literal:
            octets = text[literal.end():].encode("utf-8", "surrogateescape")[:int(literal.group(1))]
            at = literal.end() + len(octets.decode("utf-8", "surrogateescape"))
        elif text[at] == '"':
            at = re.compile(r'"(?:[^"\\]|\\.)*"').match(text, at).end()
        elif text[at] == " " and depth == 0:
            return at
        else:
            depth += (text[at] == "(") - (text[at] == ")")
            at += 1
    return at


class Mismatch(AssertionError):
    pass


class Runner:
    """`connect(number)` gives an ImapClient. Responses are compared when the client's next line is due."""

    def __init__(self, steps, connect, prepare, variables):
        self.steps = steps
        self.connect = connect
        self.prepare = prepare  # prepare(step): of the lines with "@"
        self.matcher = Matcher(variables)
        self.clients = {}
        self.log = []

    def client(self, number):
        if number not in self.clients:
            self.clients[number] = self.connect(number)
        return self.clients[number]

    def run(self):
        at = 0
        while at < len(self.steps):
            step = self.steps[at]
            if step.kind == "@":
                self.prepare(step)
                at += 1
            elif step.kind == "C":
                at = self.say(at)
            else:
                end = at
                while end < len(self.steps) and self.steps[end].kind in ("S", "?", "*") and (
                        self.steps[end].connection == step.connection):
                    end += 1
                    if self.is_last(self.steps[end - 1]):
                        break
                self.hear(self.steps[at:end])
                at = end
        for client in self.clients.values():
            client.close()

    @staticmethod
    def is_last(step):
        """Of what comes before the client speaks: a tagged response or a continuation."""
        return not step.text.startswith("* ")

    def say(self, at):
        step = self.steps[at]
        client = self.client(step.connection)
        text = self.matcher.substitute(step.text)
        self.log.append(f"C{step.connection}: {text}")
        literals = list(step.literals)
        octets = b""
        while match := re.search(r"(~?)\{\*(\+?)\}$", text):
            literal = self.matcher.substitute(literals.pop(0)).encode("utf-8", "surrogateescape")
            octets += f"{text[:match.start()]}{match.group(1)}{{{len(literal)}{match.group(2)}}}\r\n".encode()
            if not match.group(2):
                client.send(octets)
                octets = b""
                if not self.go_on(client):
                    return at + 1
            octets += literal
            at += 1
            text = self.matcher.substitute(self.steps[at].text)
            literals = list(self.steps[at].literals)
        client.send(octets + text.encode("utf-8", "surrogateescape") + b"\r\n")
        return at + 1

    def go_on(self, client):
        response = client.read()
        while response.kind not in ("+", "TAGGED"):
            self.log.append(f"S: {response.raw!r}")
            response = client.read()
        self.log.append(f"S: {response.raw!r}")
        if response.kind != "+":
            raise Mismatch(f"no continuation: {response.raw!r}")
        return True

    def hear(self, steps):
        client = self.client(steps[0].connection)
        left = list(steps)
        while any(step.kind == "S" for step in left):
            response = self.read(client, left)
            self.note(client, response)
            is_end = response.kind in ("TAGGED", "+")
            step = next((step for kind in "S?*" for step in left
                         if step.kind == kind and self.matcher.matches(step, response.raw)), None)
            if step is None:
                # What a server may say at any time.
                if response.kind in ("RECENT", "CAPABILITY", "FLAGS") or response.raw.startswith(_KEYWORDS):
                    continue
                raise Mismatch(f"not expected: {response.raw!r}; expected were {left}")
            if is_end and [other for other in left if other.kind == "S" and other is not step]:
                raise Mismatch(f"did not come before {response.raw!r}: {left}")
            if step.kind != "*":
                left.remove(step)

    def read(self, client, left):
        try:
            response = client.read()
        except (ConnectionError, TimeoutError) as error:
            raise Mismatch(f"{error}; expected were {left}") from error
        self.log.append(f"S: {response.raw[:1000]!r}")
        return response

    @staticmethod
    def note(client, response):
        if response.kind == "ENABLED" and {"UTF8=ACCEPT", "IMAP4REV2"} & set(response.data):
            client.utf8 = True
