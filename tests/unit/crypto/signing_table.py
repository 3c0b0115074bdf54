"""Turns tests/vectors/signing.json into a C table, for tests of a room that may not see JSON."""

import json
import sys


def c_string(text):
    """The initializer of a slice."""
    raw = text.encode()
    escaped = "".join(
        chr(byte) if 32 <= byte < 127 and chr(byte) not in '"\\?' else "\\%03o" % byte
        for byte in raw
    )
    return '{"%s", %d}' % (escaped, len(raw))


def fields(pairs):
    return "{" + ", ".join("{%s, %s}" % (c_string(n), c_string(v)) for n, v in pairs) + "}"


def tc3_row(vector):
    names = ["name", "secret_id", "secret_key", "date", "service", "method", "query", "payload"]
    names += ["hashed_payload", "canonical_request", "hashed_canonical_request"]
    names += ["string_to_sign", "k_signing", "signature", "authorization"]
    row = [".%s = %s" % (name, c_string(vector[name])) for name in names]
    row.append(".timestamp = %s" % c_string(str(vector["timestamp"])))
    row.append(".headers = %s" % fields(vector["headers"]))
    row.append(".header_count = %d" % len(vector["headers"]))
    row.append(".signed_headers = %s" % c_string(";".join(n for n, _ in vector["headers"])))
    return "    {" + ", ".join(row) + "},"


def v1_row(vector):
    """The parameters are read back out of the string to sign, last first, so that sorting shows."""
    text = vector["string_to_sign"].split("/?", 1)[1]
    pairs = [pair.split("=", 1) for pair in text.split("&")][::-1]
    names = ["name", "method", "host", "secret_key", "string_to_sign", "signature"]
    row = [".%s = %s" % (name, c_string(vector[name])) for name in names]
    row.append(".kind = %s" % {"sha1": "DIGEST_SHA1", "sha256": "DIGEST_SHA256"}[vector["alg"]])
    row.append(".parameters = %s" % fields(pairs))
    row.append(".parameter_count = %d" % len(pairs))
    return "    {" + ", ".join(row) + "},"


def main(source, target):
    with open(source, encoding="utf-8") as file:
        vectors = json.load(file)
    lines = ["static const struct tc3_vector tc3_vectors[] = {"]
    lines += [tc3_row(vector) for vector in vectors["tc3"]]
    lines += ["};", "static const struct v1_vector v1_vectors[] = {"]
    lines += [v1_row(vector) for vector in vectors["v1"]]
    lines += ["};", ""]
    with open(target, "w", encoding="utf-8") as file:
        file.write("\n".join(lines))


main(sys.argv[1], sys.argv[2])
