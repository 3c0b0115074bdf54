"""Makes calls with the official Python SDK: one JSON request a line in, one JSON answer a line out (see ../README.md)."""
import json
import sys

from tencentcloud.billing.v20180709 import billing_client, models
from tencentcloud.common import common_client, credential
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile

METHODS = {"tc3": "TC3-HMAC-SHA256", "unsigned": "TC3-HMAC-SHA256", "sha1": "HmacSHA1", "sha256": "HmacSHA256"}


def profile_of(call):
    signing, verb = call["mode"].split("-")
    http = HttpProfile(protocol=call["scheme"], endpoint=call["endpoint"], reqMethod=verb.upper(), reqTimeout=20)
    profile = ClientProfile(signMethod=METHODS[signing], httpProfile=http, language=call.get("language", "en-US"))
    profile.unsignedPayload = signing == "unsigned"
    return profile


def make(call):
    who = credential.Credential(call["secretId"], call["secretKey"], call.get("token"))
    if call["client"] == "common":
        client = common_client.CommonClient("billing", call["version"], who, "", profile_of(call))
        return client.call_json(call["action"], call["params"])["Response"]
    client = billing_client.BillingClient(who, "", profile_of(call))
    request = getattr(models, call["action"] + "Request")()
    request.from_json_string(json.dumps(call["params"]))
    return json.loads(getattr(client, call["action"])(request).to_json_string())


def answer(call):
    try:
        return {"ok": make(call)}
    except TencentCloudSDKException as error:
        return {"error": {"type": type(error).__name__, "code": error.get_code(), "message": error.get_message(),
                          "requestId": error.get_request_id()}}


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
