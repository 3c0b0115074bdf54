"""What is valid and too large is called too large, not malformed."""
import json
import socket

import pytest

from program import make_ledger, serving


@pytest.fixture
def control(tmp_path):
    data, _ = make_ledger(tmp_path)
    with serving(tmp_path, data):
        yield str(data / "control.sock")


def operate(control, content_type, body):
    head = (f"POST / HTTP/1.1\r\nHost: bursar.tencentcloudapi.com\r\nContent-Type: {content_type}\r\n"
            f"X-TC-Action: DescribeMembers\r\nX-TC-Version: 2026-11-01\r\nX-TC-Timestamp: 1\r\nConnection: close\r\n"
            f"Content-Length: {len(body)}\r\n\r\n")
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(60)
        connection.connect(control)
        connection.sendall(head.encode() + body)
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    return json.loads(received.partition(b"\r\n\r\n")[2])["Response"]


def test_json_that_needs_more_memory_than_a_request_may(control):
    body = json.dumps({f"k{number}": 0 for number in range(750_000)}, separators=(",", ":")).encode()
    assert len(body) < 10 << 20  # what the door lets in
    error = operate(control, "application/json", body)["Error"]
    assert error["Code"] == "RequestSizeLimitExceeded"
    assert error["Message"] == "The request size exceeds the upper limit."
    assert operate(control, "application/json", b"{}")["TotalCount"] == 0


def test_a_multipart_body_with_more_parts_than_a_request_may_have(control):
    parts = "".join(f'--x\r\nContent-Disposition: form-data; name="p{number}"\r\n\r\n1\r\n' for number in range(257))
    error = operate(control, "multipart/form-data; boundary=x", (parts + "--x--\r\n").encode())["Error"]
    assert error["Code"] == "RequestSizeLimitExceeded"
