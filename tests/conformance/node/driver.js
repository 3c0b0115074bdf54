// Makes calls with an official Node SDK: one JSON request a line in, one JSON answer a line out (see ../README.md).
//   node driver.js tencentcloud-sdk-nodejs | tencentcloud-sdk-nodejs-intl-en
const readline = require("readline");

const name = process.argv[2];
const sdk = require(name);
const METHODS = { tc3: "TC3-HMAC-SHA256", unsigned: "TC3-HMAC-SHA256", sha1: "HmacSHA1", sha256: "HmacSHA256" };

// The mainland edition: plain options, promises.
function askMainland(call, signMethod, reqMethod) {
  const { CommonClient } = require(name + "/tencentcloud/common/common_client");
  const options = {
    credential: { secretId: call.secretId, secretKey: call.secretKey, token: call.token },
    region: "",
    profile: {
      signMethod,
      language: call.language || "en-US",
      httpProfile: { endpoint: call.endpoint, protocol: call.scheme + "://", reqMethod, reqTimeout: 20 },
    },
  };
  if (call.client === "common") {
    return new CommonClient(call.endpoint, call.version, options).request(call.action, call.params);
  }
  return new sdk.billing.v20180709.Client(options)[call.action](call.params);
}

// The international edition: classes, callbacks.
function askInternational(call, signMethod, reqMethod) {
  const common = name + "/tencentcloud/common/";
  const CommonClient = require(common + "common_client");
  const Credential = require(common + "credential");
  const ClientProfile = require(common + "profile/client_profile");
  const HttpProfile = require(common + "profile/http_profile");
  const http = new HttpProfile(call.scheme + "://", call.endpoint, reqMethod, 20);
  const profile = new ClientProfile(signMethod, http, call.language || "en-US");
  const who = new Credential(call.secretId, call.secretKey, call.token);
  const client = new CommonClient(call.endpoint, call.version, who, "", profile);
  return new Promise((resolve, reject) => {
    client.request(call.action, call.params, {}, (error, data) => (error ? reject(error) : resolve(data)));
  });
}

async function answer(call) {
  const [signing, verb] = call.mode.split("-");
  const ask = name.endsWith("intl-en") ? askInternational : askMainland;
  try {
    return { ok: await ask(call, METHODS[signing], verb.toUpperCase()) };
  } catch (error) {
    const code = error.code || (error.getCode && error.getCode());
    return { error: { type: error.constructor.name, code, message: error.message, requestId: error.requestId } };
  }
}

(async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    console.log(JSON.stringify(await answer(JSON.parse(line))));
  }
})();
