import com.google.gson.Gson;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.tencentcloudapi.common.AbstractModel;
import com.tencentcloudapi.common.CommonClient;
import com.tencentcloudapi.common.Credential;
import com.tencentcloudapi.common.exception.TencentCloudSDKException;
import com.tencentcloudapi.common.profile.ClientProfile;
import com.tencentcloudapi.common.profile.HttpProfile;
import com.tencentcloudapi.common.profile.Language;
import java.io.BufferedReader;
import java.io.InputStreamReader;

/** Makes calls with the official Java SDK: one JSON request a line in, one JSON answer a line out (see ../README.md). */
public final class Driver {
    private static String text(JsonObject call, String name) {
        return call.has(name) && !call.get(name).isJsonNull() ? call.get(name).getAsString() : null;
    }

    private static ClientProfile profileOf(JsonObject call) {
        String[] mode = text(call, "mode").split("-");
        HttpProfile http = new HttpProfile();
        http.setProtocol(text(call, "scheme") + "://");
        http.setEndpoint(text(call, "endpoint"));
        http.setReqMethod(mode[1].toUpperCase());
        http.setConnTimeout(20);
        String signing = mode[0].equals("sha1") ? ClientProfile.SIGN_SHA1
            : mode[0].equals("sha256") ? ClientProfile.SIGN_SHA256 : ClientProfile.SIGN_TC3_256;
        ClientProfile profile = new ClientProfile(signing, http);
        profile.setUnsignedPayload(mode[0].equals("unsigned"));
        profile.setLanguage("zh-CN".equals(text(call, "language")) ? Language.ZH_CN : Language.EN_US);
        return profile;
    }

    private static AbstractModel requestOf(JsonObject params) {
        MemberBalanceRequest request = AbstractModel.fromJsonString(params.toString(), MemberBalanceRequest.class);
        for (String name : params.keySet()) {
            if (!name.matches("PageNumber|PageSize|MemberUins")) {
                request.set(name, params.get(name).getAsString());
            }
        }
        return request;
    }

    private static JsonObject ask(JsonObject call) throws TencentCloudSDKException {
        Credential who = new Credential(text(call, "secretId"), text(call, "secretKey"), text(call, "token"));
        CommonClient client =
            new CommonClient("billing", text(call, "version"), who, "", profileOf(call));
        String body = client.commonRequest(requestOf(call.getAsJsonObject("params")), text(call, "action"));
        JsonObject told = JsonParser.parseString(body).getAsJsonObject();
        return told.has("Response") ? told.getAsJsonObject("Response") : told;
    }

    private static JsonObject answer(JsonObject call) {
        JsonObject told = new JsonObject();
        try {
            told.add("ok", ask(call));
        } catch (TencentCloudSDKException error) {
            JsonObject why = new JsonObject();
            why.addProperty("type", error.getClass().getSimpleName());
            why.addProperty("code", error.getErrorCode());
            why.addProperty("message", error.getMessage());
            why.addProperty("requestId", error.getRequestId());
            told.add("error", why);
        }
        return told;
    }

    public static void main(String[] arguments) throws Exception {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, "UTF-8"));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            System.out.println(new Gson().toJson(answer(JsonParser.parseString(line).getAsJsonObject())));
        }
    }
}
