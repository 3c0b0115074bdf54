"""Malformed and ambiguous requests by family, and what must be answered (RFC 9112, RFC 9110, ADR 1 and 7, README of src/codec).

Every case hides a second request, HIDDEN, where a lenient or confused reader would find it: behind the head, in the body, in a
chunk. HIDDEN asks for a path that only it asks for, and is answered 404. A case says what is answered up to the end of the
connection, as a list of statuses:

    refuse(...)   one refusal, then the end: not one byte behind it is looked at
    hold(...)     HIDDEN is truly inside a body: the request is answered, then CLOSER, never HIDDEN
    follow(...)   HIDDEN truly is the next request: answered, in order (so that silence is not taken for strictness)
    wait(...)     the request is not complete: the client stops sending, and nothing at all is answered
"""
from collections import namedtuple

Case = namedtuple("Case", "family name send answers")

HOST = "Host: billing.test\r\n"
HIDDEN = "GET /hidden HTTP/1.1\r\nHost: billing.test\r\n\r\n"
CLOSER = "GET /?closer HTTP/1.1\r\nHost: billing.test\r\nConnection: close\r\n\r\n"
SIZE = len(HIDDEN)
LENGTH = f"Content-Length: {SIZE}\r\n"
CHUNKED = "Transfer-Encoding: chunked\r\n"
CHUNK = f"{SIZE:x}\r\n{HIDDEN}\r\n0\r\n\r\n"
GET, POST = "GET / HTTP/1.1\r\n", "POST / HTTP/1.1\r\n"
CASES = []
family_now = ""


def family(name):
    global family_now
    family_now = name


def add(name, send, answers):
    CASES.append(Case(family_now, name, send.encode("latin-1"), answers))


def refuse(status, name, text, hidden=HIDDEN):
    add(name, text + hidden, [status])


def hold(name, text, answers=(200, 200)):
    add(name, text + CLOSER, list(answers))


def follow(name, text, answers=(200, 404, 200)):
    add(name, text + HIDDEN + CLOSER, list(answers))


def wait(name, text):
    add(name, text, [])


def utf8(text):
    """Text beyond ASCII as its UTF-8 bytes (the table is Latin-1)."""
    return text.encode().decode("latin-1")


# --- Content-Length (RFC 9110 8.6): one plain number ---

family("content-length")
for value in [
        "", " ", "\t", f"+{SIZE}", f"-{SIZE}", "-0", "+0", f"0{SIZE}", "00", "000", f"0x{SIZE:x}", f"0X{SIZE:X}", f"{SIZE:x}h",
        f"{SIZE}a", f"a{SIZE}", "4 5", "4\t5", f"{SIZE} {SIZE}", f"{SIZE}, {SIZE}", f"{SIZE},{SIZE}", f"{SIZE},", f",{SIZE}",
        f"{SIZE}, 0", f"0, {SIZE}", f"{SIZE};", f"{SIZE};q=1", f"{SIZE}.0", f"{SIZE}.", f"{SIZE}e0", "1e2", f'"{SIZE}"', f"'{SIZE}'",
        f"({SIZE})", f"{SIZE}_0", "4_5", f"{SIZE} bytes", f"%3{SIZE % 10}", "NaN", "inf", "chunked", f"={SIZE}", f": {SIZE}", f"{SIZE}\0",
        f"\0{SIZE}", f"{SIZE}\x0b", f"\x0b{SIZE}", f"\x0c{SIZE}", f"{SIZE}\x7f", f"\xa0{SIZE}", f"{SIZE}\xa0", utf8("４５"), utf8("٤٥"),
        utf8("⁴⁵"), utf8("\u200b") + f"{SIZE}", f"{SIZE}\x85", f"{SIZE}%00", f"0b{SIZE:b}", f"0o{SIZE:o}", f"{SIZE}#", f"{SIZE}/1"
]:
    refuse(400, f"value {value!r}", POST + HOST + f"Content-Length: {value}\r\n\r\n")
for value in [10485761, 2**32 + SIZE, 2**63, 2**64 - 1, 2**64, 2**64 + SIZE, 2**128 + SIZE, 10**99]:
    refuse(413, f"value {value}", POST + HOST + f"Content-Length: {value}\r\n\r\n")
refuse(413, "too much on GET", GET + HOST + f"Content-Length: {2**64 + SIZE}\r\n\r\n")
refuse(400, "twice the same", POST + HOST + LENGTH + LENGTH + "\r\n")
refuse(400, "twice, larger first", POST + HOST + LENGTH + "Content-Length: 0\r\n\r\n")
refuse(400, "twice, smaller first", POST + HOST + "Content-Length: 0\r\n" + LENGTH + "\r\n")
refuse(400, "twice in two cases", POST + HOST + LENGTH + f"content-length: {SIZE}\r\n\r\n")
refuse(400, "twice with others between", POST + LENGTH + HOST + "X-A: b\r\nCONTENT-LENGTH: 0\r\n\r\n")
refuse(400, "three times", POST + HOST + LENGTH * 3 + "\r\n")
refuse(400, "twice on GET", GET + HOST + LENGTH + LENGTH + "\r\n")
refuse(400, "twice in HTTP/1.0", "POST / HTTP/1.0\r\n" + LENGTH + LENGTH + "\r\n")
for name in [
        "Content-Length ", "Content-Length\t", "Content Length", "Content-Length\0", "Content-Length;", "Content-Length\x0b",
        "\0Content-Length", '"Content-Length"', utf8("Content\u2010Length"), utf8("Content-Length\u017f"), "Content-Length\xa0",
        "(Content-Length)", "Content/Length", "Content-Length="
]:
    refuse(400, f"name {name!r}", POST + HOST + f"{name}: {SIZE}\r\n\r\n")
refuse(400, "no colon", POST + HOST + f"Content-Length {SIZE}\r\n\r\n")
refuse(400, "equals for colon", POST + HOST + f"Content-Length={SIZE}\r\n\r\n")
for name in [
        "Content_Length", "Content-Length-", "XContent-Length", "X-Content-Length", "Content-Lengt", "Content-Lengths", "ContentLength",
        "Content--Length", "Content.Length", "~Content-Length"
]:
    refuse(411, f"another name {name!r}", POST + HOST + f"{name}: {SIZE}\r\n\r\n")
for method in ["POST", "PUT", "PATCH"]:
    refuse(411, f"none on {method}", f"{method} / HTTP/1.1\r\n" + HOST + "\r\n")
    hold(f"plain on {method}", f"{method} / HTTP/1.1\r\n" + HOST + LENGTH + "\r\n" + HIDDEN)
for method in ["GET", "DELETE", "TRACE"]:
    hold(f"a body on {method}", f"{method} / HTTP/1.1\r\n" + HOST + LENGTH + "\r\n" + HIDDEN)
    follow(f"none on {method}", f"{method} / HTTP/1.1\r\n" + HOST + "\r\n")
    follow(f"zero on {method}", f"{method} / HTTP/1.1\r\n" + HOST + "Content-Length: 0\r\n\r\n")
hold("blanks around the value", POST + HOST + f"Content-Length: \t {SIZE} \t \r\n\r\n" + HIDDEN)
hold("no blank before the value", POST + HOST + f"content-length:{SIZE}\r\n\r\n" + HIDDEN)
hold("upper case", POST + HOST + f"CONTENT-LENGTH: {SIZE}\r\n\r\n" + HIDDEN)
hold("other names beside it", POST + HOST + "Content_Length: 0\r\nX-Content-Length: 0\r\n" + LENGTH + "\r\n" + HIDDEN)
hold("named in Connection", POST + HOST + "Connection: Content-Length\r\n" + LENGTH + "\r\n" + HIDDEN)
follow("zero on POST", POST + HOST + "Content-Length: 0\r\n\r\n")
add("one byte short: the rest is no request", (POST + HOST + f"Content-Length: {SIZE - 1}\r\n\r\n" + HIDDEN + CLOSER), [200, 400])
add("ends within the method: the rest is no request", (POST + HOST + "Content-Length: 2\r\n\r\n" + HIDDEN), [200, 501])
add("ends within the target: the rest is no request", (POST + HOST + "Content-Length: 4\r\n\r\n" + HIDDEN), [200, 400])
wait("one byte more than there is", POST + HOST + f"Content-Length: {SIZE + 1}\r\n\r\n" + HIDDEN)
wait("as much as is taken of a stranger, not sent", POST + HOST + "Content-Length: 65536\r\n\r\n" + HIDDEN)
add("one byte more is not waited for, nor is anything behind the head a request", POST + HOST + "Content-Length: 65537\r\n\r\n" + HIDDEN, [200])
add("as much as is allowed is not waited for", POST + HOST + "Content-Length: 10485760\r\n\r\n" + HIDDEN, [200])
wait("one byte more on GET", GET + HOST + f"Content-Length: {SIZE + 1}\r\n\r\n" + HIDDEN)

# --- Transfer-Encoding (RFC 9112 6.1, 6.3, 7; ADR 7) ---

family("transfer-encoding")
for value in [
        "", " ", "\t", ",", "chunked, chunked", "chunked,chunked", "chunked, gzip", "chunked, identity", "gzip, chunked, gzip",
        "chunked,", ",chunked", ", chunked", "chunked ,", "chunked, ,", "gzip,,chunked", "chunked;", "chunked;a=b", "chunked; q=1",
        "chunked ;a", "gzip;q=1", '"chunked"', "chunked chunked", "chunked foo", "foo chunked", "chunked\tfoo", "chun ked", "chunked\0",
        "\0chunked", "chunked\x0b", "\x0bchunked", "\x0cchunked", "chunked\x7f", "chunked\xa0", "\xa0chunked", "chunked\x85",
        utf8("сhunked"), utf8("chunKed").replace("K", utf8("\u212a")), utf8("\ufeff") + "chunked", "chunked/1.0", "chunked=1",
        "(chunked)", "<chunked>", "[chunked]", "{chunked}", "chunked:", ":chunked", ": chunked", "@chunked", "\\chunked", "chunked?",
        "chunked\\", "=chunked", "chunked, gzip;q=0"
]:
    refuse(400, f"value {value!r}", POST + HOST + f"Transfer-Encoding: {value}\r\n\r\n0\r\n\r\n")
for value in [
        "gzip", "x-gzip", "identity", "compress", "deflate", "br", "zstd", "trailers", "cow", "gzip, chunked", "identity, chunked",
        "gzip, deflate, chunked", "gzip,chunked", "xchunked", "x-chunked", "chunkedx", "chunke", "hunked", "chunked-", "chunked.",
        "chunked_", "chunked1", "'chunked'", "`chunked`", "*chunked", "chunked!", "%chunked", "chunked%00", "0", "1"
]:
    refuse(501, f"value {value!r}", POST + HOST + f"Transfer-Encoding: {value}\r\n\r\n0\r\n\r\n")
refuse(501, "unknown on GET", GET + HOST + "Transfer-Encoding: gzip\r\n\r\n0\r\n\r\n")
for first, second in [
        ("chunked", "chunked"), ("gzip", "chunked"), ("chunked", "gzip"), ("identity", "chunked"), ("chunked", "identity"),
        ("", "chunked"), ("chunked", "")
]:
    refuse(400, f"twice, {first!r} and {second!r}",
        POST + HOST + f"Transfer-Encoding: {first}\r\nTransfer-Encoding: {second}\r\n\r\n0\r\n\r\n")
refuse(400, "twice in two cases", POST + HOST + CHUNKED + "transfer-encoding: chunked\r\n\r\n0\r\n\r\n")
refuse(400, "twice with others between", POST + CHUNKED + HOST + "X-A: b\r\nTRANSFER-ENCODING: x\r\n\r\n0\r\n\r\n")
for name in [
        "Transfer-Encoding ", "Transfer-Encoding\t", "Transfer Encoding", "Transfer-Encoding\0", "Transfer-Encoding\x0b",
        "\0Transfer-Encoding", '"Transfer-Encoding"', utf8("Transfer\u2013Encoding"), utf8("Transfer-Encod\u0131ng"),
        "Transfer-Encoding\xa0", "[Transfer-Encoding]", "Transfer/Encoding", "Transfer-Encoding;", "Transfer-Encoding="
]:
    refuse(400, f"name {name!r}", POST + HOST + f"{name}: chunked\r\n\r\n0\r\n\r\n")
for name in [
        "Transfer_Encoding", "X-Transfer-Encoding", "Transfer-Encoding-", "Transfer-Encodings", "TransferEncoding", "Transfer--Encoding",
        "TE", "Transfer-Encodin"
]:
    refuse(411, f"another name {name!r}", POST + HOST + f"{name}: chunked\r\n\r\n0\r\n\r\n")
refuse(400, "no colon", POST + HOST + "Transfer-Encoding chunked\r\n\r\n0\r\n\r\n")
refuse(400, "name cut by a line end", POST + HOST + "Transfer-\r\nEncoding: chunked\r\n\r\n0\r\n\r\n")
refuse(400, "in HTTP/1.0", "POST / HTTP/1.0\r\n" + HOST + CHUNKED + "\r\n0\r\n\r\n")
refuse(400, "in HTTP/1.0, to be kept alive", "POST / HTTP/1.0\r\n" + HOST + "Connection: keep-alive\r\n" + CHUNKED + "\r\n0\r\n\r\n")
refuse(400, "unknown in HTTP/1.0", "POST / HTTP/1.0\r\n" + HOST + "Transfer-Encoding: gzip\r\n\r\n")
for spelling in [
        "Transfer-Encoding: chunked", "transfer-encoding:chunked", "TRANSFER-ENCODING: CHUNKED", "Transfer-Encoding: \t chunked \t ",
        "tRaNsFeR-eNcOdInG: ChUnKeD"
]:
    hold(f"{spelling!r}", POST + HOST + spelling + "\r\n\r\n" + CHUNK)
    follow(f"{spelling!r}, no body", POST + HOST + spelling + "\r\n\r\n0\r\n\r\n")
hold("on GET", GET + HOST + CHUNKED + "\r\n" + CHUNK)
hold("named in Connection", POST + HOST + "Connection: Transfer-Encoding\r\n" + CHUNKED + "\r\n" + CHUNK)
hold("TE is another thing", POST + HOST + "TE: chunked\r\n" + LENGTH + "\r\n" + HIDDEN)
wait("no last chunk", POST + HOST + CHUNKED + f"\r\n{SIZE:x}\r\n{HIDDEN}\r\n")

# --- both lengths (RFC 9112 6.3: a way to smuggle; refused here) ---

family("both")
for name, lines in {
        "length first": LENGTH + CHUNKED,
        "coding first": CHUNKED + LENGTH,
        "length 0": "Content-Length: 0\r\n" + CHUNKED,
        "coding, length 0": CHUNKED + "Content-Length: 0\r\n",
        "length right": "Content-Length: 5\r\n" + CHUNKED,
        "length lower case": f"content-length: {SIZE}\r\n" + CHUNKED,
        "coding lower case": LENGTH + "transfer-encoding: chunked\r\n",
        "upper value": LENGTH + "Transfer-Encoding: CHUNKED\r\n",
        "others between": LENGTH + "X-A: b\r\nX-C: d\r\n" + CHUNKED,
        "identity": LENGTH + "Transfer-Encoding: identity\r\n",
        "gzip": LENGTH + "Transfer-Encoding: gzip\r\n",
        "gzip, chunked": LENGTH + "Transfer-Encoding: gzip, chunked\r\n",
        "xchunked": LENGTH + "Transfer-Encoding: xchunked\r\n",
        "chunked twice": LENGTH + "Transfer-Encoding: chunked, chunked\r\n",
        "empty coding": LENGTH + "Transfer-Encoding:\r\n",
        "vertical tab": LENGTH + "Transfer-Encoding: \x0bchunked\r\n",
        "quoted": LENGTH + 'Transfer-Encoding: "chunked"\r\n',
        "blank before the colon of coding": LENGTH + "Transfer-Encoding : chunked\r\n",
        "blank before the colon of length": f"Content-Length : {SIZE}\r\n" + CHUNKED,
        "folded coding": LENGTH + "Transfer-Encoding:\r\n chunked\r\n",
        "folded length": f"Content-Length:\r\n {SIZE}\r\n" + CHUNKED,
        "length no number": "Content-Length: x\r\n" + CHUNKED,
        "length empty": "Content-Length:\r\n" + CHUNKED,
        "length twice": LENGTH + LENGTH + CHUNKED,
        "coding twice": LENGTH + CHUNKED + CHUNKED,
        "length in bare LF": f"X-A: b\nContent-Length: {SIZE}\r\n" + CHUNKED,
        "coding in bare LF": LENGTH + "X-A: b\nTransfer-Encoding: chunked\r\n",
        "coding in bare CR": LENGTH + "X-A: b\rTransfer-Encoding: chunked\r\n",
        "too large a length": f"Content-Length: {2**64}\r\n" + CHUNKED,
}.items():
    refuse(400, name, POST + HOST + lines + "\r\n0\r\n\r\n")
refuse(400, "on GET", GET + HOST + LENGTH + CHUNKED + "\r\n0\r\n\r\n")
refuse(400, "on DELETE", "DELETE / HTTP/1.1\r\n" + HOST + CHUNKED + LENGTH + "\r\n0\r\n\r\n")
refuse(400, "in HTTP/1.0", "POST / HTTP/1.0\r\n" + HOST + LENGTH + CHUNKED + "\r\n0\r\n\r\n")
refuse(400, "before Host", POST + LENGTH + CHUNKED + HOST + "\r\n0\r\n\r\n")
hold("a coding by another name", POST + HOST + "Transfer_Encoding: chunked\r\nX-Transfer-Encoding: chunked\r\n" + LENGTH + "\r\n" + HIDDEN)
hold("a length by another name", POST + HOST + "Content_Length: 0\r\nX-Content-Length: 3\r\n" + CHUNKED + "\r\n" + CHUNK)
hold("a length in a trailer", POST + HOST + CHUNKED + f"\r\n{SIZE:x}\r\n{HIDDEN}\r\n0\r\nContent-Length: 0\r\n\r\n")
hold("a coding in the body", POST + HOST + LENGTH.replace(str(SIZE), str(SIZE + len(CHUNKED))) + "\r\n" + CHUNKED + HIDDEN)

# --- line ends (RFC 9112 2.2): CRLF and nothing else ---

family("line-ends")
for name, text in {
        "LF after the request line": "GET / HTTP/1.1\n" + HOST + "\r\n",
        "LF after a field": GET + "Host: billing.test\n\r\n",
        "LF at the end": GET + HOST + "\n",
        "LF everywhere": "GET / HTTP/1.1\nHost: billing.test\n\n",
        "LF LF at the end": GET + "Host: billing.test\n\n",
        "CR after the request line": "GET / HTTP/1.1\r" + HOST + "\r\n",
        "CR after a field": GET + "Host: billing.test\r\r\n",
        "CR CR LF after a field": GET + "Host: billing.test\r\r\n\r\n",
        "CR everywhere": "GET / HTTP/1.1\rHost: billing.test\r\r",
        "CR CR at the end": GET + HOST + "\r\r",
        "LF CR": "GET / HTTP/1.1\n\r" + HOST + "\r\n",
        "LF CR at the end": GET + HOST + "\n\r",
        "CR CR LF": "GET / HTTP/1.1\r\r\n" + HOST + "\r\n",
        "CR CR LF at the end": GET + HOST + "\r\r\n",
        "CR, then a letter": GET + HOST + "\rX",
        "CR in the method": "G\rET / HTTP/1.1\r\n" + HOST + "\r\n",
        "CR in the target": "GET /\ra HTTP/1.1\r\n" + HOST + "\r\n",
        "CR in the version": "GET / HTTP/1\r.1\r\n" + HOST + "\r\n",
        "CR in a name": GET + HOST + "X\rA: b\r\n\r\n",
        "CR in a value": GET + HOST + "X-A: b\rc\r\n\r\n",
        "CR before a value": GET + HOST + "X-A:\rb\r\n\r\n",
        "LF in the method": "G\nET / HTTP/1.1\r\n" + HOST + "\r\n",
        "LF in the target": "GET /\n HTTP/1.1\r\n" + HOST + "\r\n",
        "LF in a name": GET + HOST + "X\nA: b\r\n\r\n",
        "LF in a value hides a length": GET + HOST + "X-A: b\n" + LENGTH + "\r\n",
        "CR in a value hides a length": GET + HOST + "X-A: b\r" + LENGTH + "\r\n",
        "CR CR LF hides a length": GET + HOST + "X-A: b\r\r\n" + LENGTH + "\r\n",
        "NUL before CRLF": GET + HOST + "X-A: b\0\r\n\r\n",
        "NUL for CRLF": GET + HOST + "X-A: b\0" + LENGTH + "\r\n",
        "VT for a line end": GET + HOST + "X-A: b\x0b" + LENGTH + "\r\n",
        "FF for a line end": GET + HOST + "X-A: b\x0c" + LENGTH + "\r\n",
        "RS for a line end": GET + HOST + "X-A: b\x1e" + LENGTH + "\r\n",
        "LF first": "\n" + GET + HOST + "\r\n",
        "CR first": "\r" + GET + HOST + "\r\n",
        "blank line with a blank first": " \r\n" + GET + HOST + "\r\n",
        "three empty lines first": "\r\n\r\n\r\n" + GET + HOST + "\r\n",
        "CRLF and LF first": "\r\n\n" + GET + HOST + "\r\n",
        "NUL first": "\0" + GET + HOST + "\r\n",
        "a mark of byte order first": utf8("\ufeff") + GET + HOST + "\r\n",
}.items():
    refuse(400, name, text)
follow("an empty line first", "\r\n" + GET + HOST + "\r\n")
follow("two empty lines first", "\r\n\r\n" + GET + HOST + "\r\n")
follow("an empty line between", GET + HOST + "\r\n\r\n")
follow("an empty line after a body", POST + HOST + "Content-Length: 2\r\n\r\n{}\r\n")
follow("two empty lines after a body", POST + HOST + "Content-Length: 2\r\n\r\n{}\r\n\r\n")
add("three empty lines after a body", POST + HOST + "Content-Length: 2\r\n\r\n{}\r\n\r\n\r\n" + HIDDEN, [200, 400])
add("a bare LF after a body", POST + HOST + "Content-Length: 2\r\n\r\n{}\n" + HIDDEN, [200, 400])
follow("NEL is a byte of a value", GET + HOST + "X-A: b\x85Content-Length: 45\r\n\r\n")
follow("LINE SEPARATOR is three bytes of a value", GET + HOST + utf8("X-A: b\u2028Content-Length: 45\r\n\r\n"))
hold("line ends in a body are a body", POST + HOST + f"Content-Length: {SIZE + 8}\r\n\r\n\r\n\r\n\n\n\r\r" + HIDDEN)
wait("nothing but empty lines", "\r\n\r\n")
wait("the last CR only", GET + HOST + "\r")
wait("no end of the head", GET + HOST + "X-A: b\r\n")

# --- obs-fold (RFC 9112 5.2) ---

family("obs-fold")
for name, text in {
        "blank": GET + HOST + "X-A: b\r\n c\r\n\r\n",
        "tab": GET + HOST + "X-A: b\r\n\tc\r\n\r\n",
        "blanks": GET + HOST + "X-A: b\r\n \t  c\r\n\r\n",
        "twice": GET + HOST + "X-A: b\r\n c\r\n d\r\n\r\n",
        "empty value": GET + HOST + "X-A:\r\n c\r\n\r\n",
        "blank line": GET + HOST + "X-A: b\r\n \r\n\r\n",
        "tab line": GET + HOST + "X-A: b\r\n\t\r\n\r\n",
        "first field": GET + " " + HOST + "\r\n",
        "first field, tab": GET + "\t" + HOST + "\r\n",
        "blank line first": GET + " \r\n" + HOST + "\r\n",
        "Host": GET + "Host:\r\n billing.test\r\n\r\n",
        "Host goes on": GET + "Host: billing\r\n .test\r\n\r\n",
        "length": POST + HOST + f"Content-Length:\r\n {SIZE}\r\n\r\n",
        "length goes on": POST + HOST + "Content-Length: 4\r\n 5\r\n\r\n",
        "length behind a fold": POST + HOST + f"X-A: b\r\n Content-Length: {SIZE}\r\n\r\n",
        "coding": POST + HOST + "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
        "coding, tab": POST + HOST + "Transfer-Encoding:\r\n\tchunked\r\n\r\n0\r\n\r\n",
        "coding goes on": POST + HOST + "Transfer-Encoding: gzip,\r\n chunked\r\n\r\n0\r\n\r\n",
        "coding behind a fold": POST + HOST + "X-A: b\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "fold of a fold": GET + HOST + "X-A: b\r\n  : c\r\n\r\n",
        "request line": "GET\r\n / HTTP/1.1\r\n" + HOST + "\r\n",
        "target": "GET /\r\n HTTP/1.1\r\n" + HOST + "\r\n",
        "last line": GET + HOST + "X-A: b\r\n \r\n",
        "in HTTP/1.0": "GET / HTTP/1.0\r\nX-A: b\r\n c\r\n\r\n",
        "Connection": GET + HOST + "Connection:\r\n close\r\n\r\n",
        "bare LF": GET + HOST + "X-A: b\n c\r\n\r\n",
}.items():
    refuse(400, name, text)

# --- Host (RFC 9112 3.2, RFC 9110 7.2, RFC 3986 3.2) ---

family("host")
for value in [
        "", " ", "a b", "a\tb", "a, b", "a,b", ",a", "a,", "user@a", "user:secret@a", "@a", "http://a", "//a", "a/", "a/b", "/", "a?b",
        "?", "a#b", "a\\b", "a:b", "a:-1", "a:+80", "a: 80", "a :80", "a:80 80", "a:65536", "a:99999", "a:080000", "a:80:80", "a:80/",
        "a::80", ":80", ":", "::1", "[::1", "::1]", "[]", "[]:80", "[::1]x", "[::1]:x", "[::1]80", "[[::1]]", "[::1%25eth0]", "[a.test]",
        "[v1.a]", "a[b]", "a%", "a%4", "a%zz", "%", "a\0", "a\0b", "\x01", "a\x7f", "\x0ba", "<a>", '"a"', "{a}", "a|b", "a^b", "a`b",
        "caf\xe9.test", utf8("müller.test"), utf8("ａ.test"), "a\xa0", "*:80:1", "a\r"
]:
    refuse(400, f"value {value!r}", GET + f"Host: {value}\r\n\r\n")
refuse(400, "none", GET + "\r\n")
refuse(400, "none, but others", GET + "X-Host: billing.test\r\nX-Forwarded-Host: billing.test\r\n\r\n")
refuse(400, "none on POST", POST + LENGTH + "\r\n")
refuse(400, "none with an absolute target", "GET http://billing.test/ HTTP/1.1\r\n\r\n")
refuse(400, "another name", GET + "Hos: billing.test\r\nHosts: billing.test\r\n\r\n")
for first, second in [("billing.test", "billing.test"), ("billing.test", "evil.test"), ("", "billing.test"), ("billing.test", "")]:
    refuse(400, f"twice, {first!r} and {second!r}", GET + f"Host: {first}\r\nHost: {second}\r\n\r\n")
refuse(400, "twice in two cases", GET + HOST + "hOST: billing.test\r\n\r\n")
refuse(400, "twice with others between", GET + HOST + "X-A: b\r\n" + HOST + "\r\n")
refuse(400, "twice in HTTP/1.0", "GET / HTTP/1.0\r\n" + HOST + HOST + "\r\n")
refuse(400, "twice with an absolute target", "GET http://billing.test/ HTTP/1.1\r\n" + HOST + HOST + "\r\n")
refuse(400, "bad in HTTP/1.0", "GET / HTTP/1.0\r\nHost: a b\r\n\r\n")
refuse(400, "blank before the colon", GET + "Host : billing.test\r\n\r\n")
for value in [
        "billing.test", "BILLING.TEST", "billing.test:80", "billing.test:", "billing.test:65535", "billing.test:0", "127.0.0.1",
        "127.0.0.1:8080", "[::1]", "[::1]:8080", "[2001:db8::7.7.7.7]", "xn--mller-kva.test", "a_b.test", "a.test.", "a~b", "%41.test",
        "a;b", "a!b", "a'b", "a(b)", "a*b", "a+b", "a=b", "a&b$c", "0", "-", "."
]:
    follow(f"fine {value!r}", GET + f"Host: {value}\r\n\r\n")
refuse(400, "other than the absolute target's", "GET http://other.test/ HTTP/1.1\r\n" + HOST + "\r\n")
add("none in HTTP/1.0", "GET / HTTP/1.0\r\n\r\n" + HIDDEN, [200])

# --- version (RFC 9112 2.3) ---

family("version")
for version in ["HTTP/1.2", "HTTP/1.9", "HTTP/2.0", "HTTP/2.1", "HTTP/3.0", "HTTP/0.9", "HTTP/0.0", "HTTP/0.1", "HTTP/9.9", "HTTP/9.1"]:
    refuse(505, f"{version!r}", f"GET / {version}\r\n" + HOST + "\r\n")
for version in [
        "http/1.1", "Http/1.1", "HTTp/1.1", "HTTP/1", "HTTP/1.", "HTTP/.1", "HTTP/", "HTTP", "HTTP/2", "HTTP/11", "HTTP/1.10",
        "HTTP/1.11", "HTTP/1.1.1", "HTTP/01.1", "HTTP/1.01", "HTTP/1.1x", "HTTP/1.1 ", "HTTP/1.1\t", "HTTP/1.1\0", "HTTP/1.1;",
        "HTTP/1,1", "HTTP/1-1", "HTTP/1_1", "HTTP/+1.1", "HTTP/-1.1", "HTTP/1.-1", "HTTP/ 1.1", "HTTP /1.1", "HTTP/1 .1", "HTTP/1. 1",
        "HTTP//1.1", "HTTP\\1.1", "HTTPS/1.1", "HTP/1.1", "HTTPP/1.1", "XHTTP/1.1", "ICY/1.1", "RTSP/1.0", "SIP/2.0", "ICAP/1.0",
        "HTTP/A.B", "HTTP/1.a", "HTTP/a.1", "HTTP/1.\xb1", utf8("HTTP/1.１"), utf8("ＨTTP/1.1"), "\x0bHTTP/1.1", "HTTP/1.1 HTTP/1.1",
        "HTTP/1.1HTTP/1.1", "HTTP/%31.1", ""
]:
    refuse(400, f"{version!r}", f"GET / {version}\r\n" + HOST + "\r\n")
refuse(400, "none at all", "GET /\r\n" + HOST + "\r\n")
refuse(505, "the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
refuse(505, "2.0 on POST", "POST / HTTP/2.0\r\n" + HOST + LENGTH + "\r\n")
refuse(505, "1.2 on POST, chunked", "POST / HTTP/1.2\r\n" + HOST + CHUNKED + "\r\n0\r\n\r\n")
add("1.0 closes", "GET / HTTP/1.0\r\n" + HOST + "\r\n" + HIDDEN, [200])
add("1.0 closes after a body", "POST / HTTP/1.0\r\n" + HOST + LENGTH + "\r\n" + HIDDEN + HIDDEN, [200])
add("1.0 has no body without a length", "POST / HTTP/1.0\r\n" + HOST + "\r\n" + HIDDEN, [200])
follow("1.0 kept alive", "GET / HTTP/1.0\r\n" + HOST + "Connection: keep-alive\r\n\r\n")
hold("1.0 kept alive, with a body", "POST / HTTP/1.0\r\n" + HOST + "Connection: keep-alive\r\n" + LENGTH + "\r\n" + HIDDEN)

# --- method and blanks of the request line (RFC 9110 9, RFC 9112 3) ---

family("method")
for method in [
        "get", "Get", "gET", "post", "GETS", "GE", "G", "BREW", "PROPFIND", "M-SEARCH", "QUERY", "LINK", "PRI", "HTTP", "GET.", "GET_",
        "GET-", "GET1", "!GET", "#", "'GET'", "GET|GET", "X" * 300, "SEARCH", "*", "%47ET", "_", "-"
]:
    refuse(501, f"{method[:20]!r}", f"{method} / HTTP/1.1\r\n" + HOST + "\r\n")
for method in [
        "", " GET", "\tGET", "GET\t", "GET ", "G ET", "G\tET", "GE\0T", "GET\0", "\0GET", "GET\x0b", "GET\x0c", "\x0bGET", "GET\x7f",
        "\x7fGET", "\x1bGET", "GET:", "GET/", "GET,", "GET;", "GET=", "GET?", "GET@", "GET\\", '"GET"', "(GET)", "<GET>", "[GET]",
        "{GET}", "G\xcbT", utf8("ＧET"), "GET\xa0", utf8("GET\u200b"), "\x16\x03\x01\x02\0\x01"
]:
    refuse(400, f"{method!r}", f"{method} / HTTP/1.1\r\n" + HOST + "\r\n")
refuse(400, "tab for the first blank", "GET\t/ HTTP/1.1\r\n" + HOST + "\r\n")
refuse(400, "tab for the second blank", "GET /\tHTTP/1.1\r\n" + HOST + "\r\n")
refuse(400, "two blanks before the version", "GET /  HTTP/1.1\r\n" + HOST + "\r\n")
refuse(400, "no blanks", "GET/HTTP/1.1\r\n" + HOST + "\r\n")
refuse(400, "only a method", "GET\r\n" + HOST + "\r\n")
refuse(400, "no-break space", "GET\xa0/ HTTP/1.1\r\n" + HOST + "\r\n")
refuse(400, "only a version", "HTTP/1.1\r\n" + HOST + "\r\n")
refuse(400, "an answer for a request", "HTTP/1.1 200 OK\r\n" + HOST + "\r\n")
refuse(414, "without an end", "G" * 32769)
wait("a method and no more", "GET")

# --- target (RFC 9112 3.2, RFC 3986) ---

family("target")
for target in [
        "", "a", "index.html", "?a=b", "#", "#a", "/#a", "/a#", "*", "billing.test", "billing.test:80", "/a b", "/ ", "/\ta", "/a\\b",
        "\\", '/"a"', "/<a>", "/a<", "/{a}", "/a|b", "/a^b", "/a`b", "/?a[0]=b", "/[", "/]", "/caf\xe9", utf8("/café"), utf8("/成"), "/\0",
        "/a\0b", "/\x01", "/\x1f", "/\x7f", "/\x0b", "/\x0c", "/%", "/%4", "/%zz", "/%4z", "/%z4", "/?a=%", "/?a=%1", "/?%%41", "/%-1",
        "http:", "http:/", "http://", "http:///", "http:///a", "http:/billing.test/", "http:billing.test/", "http://?a", "http://:80/",
        "http://user@billing.test/", "http://user:x@billing.test/", "http://billing.test:x/", "http://billing.test:99999/",
        "http://billing.test:-1/", "http://a,b/", "http://a b/", "http://[::1/", "http://[]/", "http://[::1]x/", "http://a%/",
        "http://a#b", "http://billing.test/#a", "http://billing.test/\\", "ftp://billing.test/", "file:///etc/passwd",
        "ws://billing.test/", "javascript:1", "://billing.test/", "x://billing.test/", "urn:a:b", "mailto:a@b", "/\xa0", "/\x85"
]:
    refuse(400, f"{target!r}", f"GET {target} HTTP/1.1\r\n" + HOST + "\r\n")
for target in ["/", "a", "billing.test", "http://billing.test/", "*", ":80", "billing.test:x", "billing.test:99999", "u@billing.test:80"]:
    refuse(400, f"CONNECT {target!r}", f"CONNECT {target} HTTP/1.1\r\n" + HOST + "\r\n")
refuse(400, "POST *", "POST * HTTP/1.1\r\n" + HOST + LENGTH + "\r\n")
refuse(414, "longer than 32 KiB", "GET /?" + "a" * 32768 + " HTTP/1.1\r\n" + HOST + "\r\n")
for target in [
        "/", "/?", "/?a=b", "/?a=%00", "/?a=%0d%0aHost:%20evil", "/?a=b?c/d", "/?a=@:!$&'()*+,;=-._~", "http://billing.test",
        "http://billing.test/", "HTTP://BILLING.TEST/", "https://billing.test:443/?a", "http://billing.test?a", "http://billing.test:/"
]:
    follow(f"fine {target!r}", f"GET {target} HTTP/1.1\r\n" + HOST + "\r\n")

# --- names of header fields (RFC 9110 5.1, 5.6.2) ---

family("names")
for byte in [
        *range(0x00, 0x0d), *range(0x0e, 0x20), 0x20, 0x22, 0x28, 0x29, 0x2c, 0x2f, *range(0x3b, 0x41), 0x5b, 0x5c, 0x5d, 0x7b, 0x7d,
        0x7f, 0x80, 0x85, 0xa0, 0xad, 0xc3, 0xfe, 0xff
]:
    refuse(400, f"a name with {byte:#04x}", GET + HOST + f"X{chr(byte)}A: b\r\n\r\n")
for name in ["", " ", "X ", "X\t", " X", "\tX", '"X"', "X Y", utf8("Ｘ"), "X\r"]:
    refuse(400, f"{name!r}", GET + HOST + f"{name}: b\r\n\r\n")
refuse(400, "no colon", GET + HOST + "X-A b\r\n\r\n")
refuse(400, "a word", GET + HOST + "word\r\n\r\n")
refuse(400, "a second request line", GET + HIDDEN)
refuse(400, "colons only", GET + HOST + "::\r\n\r\n")
refuse(400, "an equals sign", GET + HOST + "X-A=b\r\n\r\n")
refuse(431, "more than 100", GET + HOST + "".join(f"X-{i}: a\r\n" for i in range(100)) + "\r\n")
refuse(431, "more than 100 of one name", GET + HOST + "X: a\r\n" * 100 + "\r\n")
refuse(431, "longer than 32 KiB", GET + HOST + "X" * 32769 + ": a\r\n\r\n")
follow("every byte a name may have", GET + HOST + "!#$%&'*+-.^_`|~09azAZ: b\r\n\r\n")
follow("one name often", GET + HOST + "Accept: a\r\n" * 50 + "\r\n")

# --- values of header fields (RFC 9110 5.5), and the fields that steer the connection ---

family("values")
for byte in [*range(0x00, 0x09), 0x0b, 0x0c, *range(0x0e, 0x20), 0x7f]:
    refuse(400, f"a value with {byte:#04x}", GET + HOST + f"X-A: b{chr(byte)}c\r\n\r\n")
for byte in (0x00, 0x01, 0x1f, 0x7f):
    refuse(400, f"a value that is {byte:#04x}", GET + HOST + f"X-A:{chr(byte)}\r\n\r\n")
refuse(400, "Content-Type twice", POST + HOST + "Content-Type: a/b\r\nContent-Type: a/c\r\n" + LENGTH + "\r\n")
refuse(400, "Content-Type twice, once empty", POST + HOST + "Content-Type: a/b\r\nContent-Type:\r\n" + LENGTH + "\r\n")
follow("Content-Type twice the same", POST + HOST + "Content-Type: a/b\r\nContent-Type: a/b\r\n" + LENGTH + "\r\n" + "x" * SIZE)
for value in ["a b", "close;", "close; x", "close x", '"close"', "close/", "(close)", "close=1", "a,b c"]:
    refuse(400, f"Connection {value!r}", GET + HOST + f"Connection: {value}\r\n\r\n")
for value in ["", "200-ok", "100", "100-continu", "100-continue, 100-continue", "100-continue;a=b", '"100-continue"', "continue"]:
    refuse(417, f"Expect {value!r}", POST + HOST + f"Expect: {value}\r\n" + LENGTH + "\r\n")
refuse(417, "Expect twice, one unknown", POST + HOST + "Expect: 100-continue\r\nExpect: x\r\n" + LENGTH + "\r\n")
refuse(431, "longer than 32 KiB", GET + HOST + "X-A: " + "b" * 32768 + "\r\n\r\n")
follow("every byte a value may have", GET + HOST + "X-A: " + "".join(map(chr, [9, *range(0x20, 0x7f), *range(0x80, 0x100)])) + "\r\n\r\n")
follow("blanks only", GET + HOST + "X-A: \t \r\nX-B:\r\n\r\n")
follow("upgrade is not taken",
    GET + HOST + "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n")
follow("upgrade to a web socket is not taken",
    GET + HOST + "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x\r\n\r\n")
follow("names of other methods and paths are not followed",
    GET + HOST + "X-HTTP-Method-Override: DELETE\r\nX-Original-URL: /hidden\r\nX-Rewrite-URL: /hidden\r\n\r\n")
follow("Connection with empty items", GET + HOST + "Connection: , ,keep-alive,\r\n\r\n")
for value in ["close", "CLOSE", "keep-alive, close", "close, keep-alive", "x,close", ", ,close"]:
    add(f"Connection {value!r} closes", GET + HOST + f"Connection: {value}\r\n\r\n" + HIDDEN, [200])
add("Connection twice closes", GET + HOST + "Connection: keep-alive\r\nConnection: close\r\n\r\n" + HIDDEN, [200])

# --- chunks (RFC 9112 7.1) ---

family("chunks")
CHUNKED_HEAD = POST + HOST + CHUNKED + "\r\n"
REST = f"\r\n{HIDDEN}\r\n0\r\n\r\n"
for size in [
        "", " ", f" {SIZE:x}", f"{SIZE:x} ", f"\t{SIZE:x}", f"{SIZE:x}\t", f"0{SIZE:x}", f"0000000{SIZE:x}", f"0x{SIZE:x}", f"0X{SIZE:x}",
        f"+{SIZE:x}", f"-{SIZE:x}", "-1", f"{SIZE:x}h", f"{SIZE:x}g", "g", "x", f"{SIZE:x}_0", "2_d", f"{SIZE:x}.0", f"{SIZE:x},",
        f"{SIZE:x} {SIZE:x}", "2 d", f'"{SIZE:x}"', f"({SIZE:x})", f"{SIZE:x}#a", f"{SIZE:x}=a", f"{SIZE:x}:a", f"{SIZE:x}/a",
        f"{SIZE:x}\0", f"\0{SIZE:x}", f"{SIZE:x}\x0b", f"{SIZE:x}\x0c", f"{SIZE:x}\x7f", f"{SIZE:x}\xa0", f"{SIZE:x}\x85", utf8("２d"),
        utf8("\ufeff") + f"{SIZE:x}", "%32d", "\\x2d", "10000000000000000", "0" * 16 + f"{SIZE:x}", "f" * 17, f"{SIZE:x};", f"{SIZE:x};;",
        f"{SIZE:x};a;", f"{SIZE:x};=", f"{SIZE:x};=b", f"{SIZE:x};a=", f"{SIZE:x};a=b=c", f"{SIZE:x};a b", f"{SIZE:x};a ",
        f"{SIZE:x};a=b ", f"{SIZE:x};a=b c", f'{SIZE:x};a="', f'{SIZE:x};a="b', f'{SIZE:x};a="b"c', f'{SIZE:x};a="b""c"',
        f'{SIZE:x};a="\\', f"{SIZE:x};a='b c'", f"{SIZE:x};a\0", f"{SIZE:x};a=b\0", f'{SIZE:x};a="\0"', f'{SIZE:x};a="\x01"',
        f"{SIZE:x};\xe9", f"{SIZE:x};a=\xe9", f"{SIZE:x};a/b", f"{SIZE:x};(a)", f"{SIZE:x};a,b", f"{SIZE:x};a\x0b", f"{SIZE:x};a\rb",
        f"{SIZE:x}\rb", f"{SIZE:x};" + "a" * 4096
]:
    refuse(400, f"size line {size[:30]!r}", CHUNKED_HEAD + size + REST)
for size in ["a00001", "ffffffff", f"1{SIZE:08x}", "7fffffffffffffff", "ffffffffffffffff", "fffffffffffffff9", "8000000000000000"]:
    refuse(413, f"size {size}", CHUNKED_HEAD + size + REST)
refuse(413, "sizes that wrap around together", CHUNKED_HEAD + "8\r\n12345678\r\nfffffffffffffff9\r\n")
for name, body in {
        "LF after the size": f"{SIZE:x}\n{HIDDEN}\r\n0\r\n\r\n",
        "CR after the size": f"{SIZE:x}\r{HIDDEN}\r\n0\r\n\r\n",
        "LF CR after the size": f"{SIZE:x}\n\r{HIDDEN}\r\n0\r\n\r\n",
        "CR CR LF after the size": f"{SIZE:x}\r\r\n{HIDDEN}\r\n0\r\n\r\n",
        "LF after an extension": f"{SIZE:x};a\n{HIDDEN}\r\n0\r\n\r\n",
        "LF within an extension": f"2;a\n{SIZE:x}\r\n{HIDDEN}\r\n0\r\n\r\n",
        "LF within a quoted extension": f'2;a="\n"\r\n{{}}\r\n0\r\n\r\n',
        "CRLF within a quoted extension": f'2;a="\r\n"\r\n{{}}\r\n0\r\n\r\n',
        "escaped CR within a quoted extension": '2;a="\\\r\n"\r\n{}\r\n0\r\n\r\n',
        "LF after the data": f"{SIZE:x}\r\n{HIDDEN}\n0\r\n\r\n",
        "CR after the data": f"{SIZE:x}\r\n{HIDDEN}\r0\r\n\r\n",
        "nothing after the data": f"{SIZE:x}\r\n{HIDDEN}0\r\n\r\n",
        "two line ends after the data": f"{SIZE:x}\r\n{HIDDEN}\r\n\r\n0\r\n\r\n",
        "any two bytes after the data": f"{SIZE:x}\r\n{HIDDEN}xx0\r\n\r\n",
        "data longer than its size": f"{SIZE - 1:x}\r\n{HIDDEN}\r\n0\r\n\r\n",
        "data shorter than its size": f"{SIZE + 1:x}\r\n{HIDDEN}\r\n0\r\n\r\n",
        "LF after the last size": "0\n\r\n",
        "LF for the end": "0\r\n\n",
        "LF LF at the end": "0\n\n",
        "CR at the end": "0\r\n\rX",
        "CR CR LF at the end": "0\r\n\r\r\n",
        "two zeros": "00\r\n\r\n",
        "many zeros": "00000\r\n\r\n",
        "minus zero": "-0\r\n\r\n",
        "0x0": "0x0\r\n\r\n",
        "last size with a blank": "0 \r\n\r\n",
        "last size with an empty extension": "0;\r\n\r\n",
        "a size after the last": "0\r\n2\r\n{}\r\n0\r\n\r\n",
        "no line end after the last size": "0",
        "a request for a size": "",
        "decimal that is no hex": "4G\r\n",
}.items():
    refuse(400, name, CHUNKED_HEAD + body)
refuse(400, "chunks of one byte with long extensions", CHUNKED_HEAD + ("1;" + "e" * 1000 + "\r\na\r\n") * 80)
refuse(400, "chunks of one byte", CHUNKED_HEAD + "1\r\na\r\n" * 15000)
for name, body in {
        "one": CHUNK,
        "upper case": f"{SIZE:X}\r\n{HIDDEN}\r\n0\r\n\r\n",
        "byte by byte": "".join(f"1\r\n{c}\r\n" for c in HIDDEN) + "0\r\n\r\n",
        "in two": f"5\r\n{HIDDEN[:5]}\r\n{SIZE - 5:x}\r\n{HIDDEN[5:]}\r\n0\r\n\r\n",
        "extension": f"{SIZE:x};a\r\n{HIDDEN}\r\n0\r\n\r\n",
        "extension with a value": f"{SIZE:x};a=b;c\r\n{HIDDEN}\r\n0;d=e\r\n\r\n",
        "quoted extension": f'{SIZE:x};a="b; \\" = \xe9"\r\n{HIDDEN}\r\n0\r\n\r\n',
        "extension with bad blanks": f"{SIZE:x} ;\ta = b ; c\r\n{HIDDEN}\r\n0\r\n\r\n",
        "data that looks like an end": f"{SIZE + 7:x}\r\n0\r\n\r\n\r\n{HIDDEN}\r\n0\r\n\r\n",
}.items():
    hold(f"fine, {name}", CHUNKED_HEAD + body)
follow("fine, no data", CHUNKED_HEAD + "0\r\n\r\n")
follow("fine, no data, extension", CHUNKED_HEAD + '0;a="b"\r\n\r\n')
wait("a size and no line end", CHUNKED_HEAD + f"{SIZE:x}")
wait("a size and half a line end", CHUNKED_HEAD + f"{SIZE:x}\r")
wait("data not complete", CHUNKED_HEAD + f"{SIZE + 1:x}\r\n" + HIDDEN)
wait("data, no line end", CHUNKED_HEAD + f"{SIZE:x}\r\n" + HIDDEN)
wait("the last size only", CHUNKED_HEAD + "0\r\n")
wait("the last CR only", CHUNKED_HEAD + "0\r\n\r")

# --- trailers (RFC 9112 7.1.2) ---

family("trailers")
for name, lines in {
        "no colon": "X-A b\r\n",
        "a word": "word\r\n",
        "a request line": HIDDEN,
        "a field, then a request line": "X-A: b\r\n" + HIDDEN,
        "blank before the colon": "X-A : b\r\n",
        "tab before the colon": "X-A\t: b\r\n",
        "empty name": ": b\r\n",
        "folded": "X-A: b\r\n c\r\n",
        "folded with a tab": "X-A: b\r\n\tc\r\n",
        "folded first": " X-A: b\r\n",
        "LF": "X-A: b\n",
        "CR": "X-A: b\rX-B: c\r\n",
        "CR CR LF": "X-A: b\r\r\n",
        "NUL in a value": "X-A: b\0c\r\n",
        "NUL in a name": "X\0A: b\r\n",
        "control byte": "X-A: \x01\r\n",
        "DEL": "X-A: \x7f\r\n",
        "separator in a name": "X(A): b\r\n",
        "beyond ASCII in a name": "X\xe9: b\r\n",
        "a blank line with a blank": " \r\n",
        "quotes": '"X": b\r\n',
        "a number": "5\r\n",
        "LF hides a length": f"X-A: b\nContent-Length: {SIZE}\r\n",
        "longer than 4 KiB": "X-A: " + "b" * 4096 + "\r\n",
        "a name longer than 4 KiB": "X" * 4097 + ": b\r\n",
        "more than 64 KiB": ("X-A: " + "b" * 1000 + "\r\n") * 70,
}.items():
    refuse(400, name, CHUNKED_HEAD + "2\r\n{}\r\n0\r\n" + lines + "\r\n")
for name, lines in {
        "one": "X-Sum: 1\r\n",
        "two": "X-A: b\r\nX-B:\r\n",
        "a length": f"Content-Length: {SIZE}\r\n",
        "a coding": CHUNKED,
        "both": LENGTH + CHUNKED,
        "a host": "Host: evil.test\r\n",
        "Connection": "Connection: keep-alive\r\n",
        "close is not heard": "Connection: close\r\n",
        "Authorization": "Authorization: x\r\n",
        "Expect": "Expect: x\r\n",
        "a length that is none": "Content-Length: x\r\n",
        "beyond ASCII in a value": "X-A: \xe9\xff\r\n",
}.items():
    follow(f"fine and dropped, {name}", CHUNKED_HEAD + "2\r\n{}\r\n0\r\n" + lines + "\r\n")
    hold(f"fine and dropped behind a chunk, {name}", CHUNKED_HEAD + f"{SIZE:x}\r\n{HIDDEN}\r\n0\r\n{lines}\r\n")
wait("no end", CHUNKED_HEAD + "0\r\nX-A: b\r\n")
wait("half a line", CHUNKED_HEAD + "0\r\nX-A: b")
