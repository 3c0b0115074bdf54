// Makes calls with the official Go SDK: one JSON request a line in, one JSON answer a line out (see ../README.md).
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/tencentcloud/tencentcloud-sdk-go-intl-en/tencentcloud/common"
	sdkerrors "github.com/tencentcloud/tencentcloud-sdk-go-intl-en/tencentcloud/common/errors"
	sdkhttp "github.com/tencentcloud/tencentcloud-sdk-go-intl-en/tencentcloud/common/http"
	"github.com/tencentcloud/tencentcloud-sdk-go-intl-en/tencentcloud/common/profile"
)

type call struct {
	Mode, Scheme, Endpoint, SecretId, SecretKey, Token, Language, Action, Version string
	Params                                                                        map[string]interface{}
}

type failure struct {
	Type      string `json:"type"`
	Code      string `json:"code"`
	Message   string `json:"message"`
	RequestId string `json:"requestId"`
}

var methods = map[string]string{
	"tc3": "TC3-HMAC-SHA256", "unsigned": "TC3-HMAC-SHA256", "sha1": "HmacSHA1", "sha256": "HmacSHA256",
}

func ask(c call) (json.RawMessage, error) {
	mode := strings.Split(c.Mode, "-")
	p := profile.NewClientProfile()
	p.SignMethod = methods[mode[0]]
	p.UnsignedPayload = mode[0] == "unsigned"
	p.HttpProfile.Scheme = strings.ToUpper(c.Scheme)
	p.HttpProfile.Endpoint = c.Endpoint
	p.HttpProfile.ReqMethod = strings.ToUpper(mode[1])
	p.HttpProfile.ReqTimeout = 20
	if c.Language != "" {
		p.Language = c.Language
	}
	var who common.CredentialIface = common.NewCredential(c.SecretId, c.SecretKey)
	if c.Token != "" {
		who = common.NewTokenCredential(c.SecretId, c.SecretKey, c.Token)
	}
	request := sdkhttp.NewCommonRequest("billing", c.Version, c.Action)
	if err := request.SetActionParameters(c.Params); err != nil {
		return nil, err
	}
	response := sdkhttp.NewCommonResponse()
	if err := common.NewCommonClient(who, "", p).Send(request, response); err != nil {
		return nil, err
	}
	var body struct{ Response json.RawMessage }
	err := json.Unmarshal(response.GetBody(), &body)
	return body.Response, err
}

func answer(line []byte) interface{} {
	var c call
	if err := json.Unmarshal(line, &c); err != nil {
		panic(err)
	}
	ok, err := ask(c)
	if err == nil {
		return map[string]interface{}{"ok": ok}
	}
	told := failure{Type: fmt.Sprintf("%T", err), Message: err.Error()}
	var refused *sdkerrors.TencentCloudSDKError
	if errors.As(err, &refused) {
		told = failure{told.Type, refused.GetCode(), refused.GetMessage(), refused.GetRequestId()}
	}
	return map[string]interface{}{"error": told}
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		text, err := json.Marshal(answer(lines.Bytes()))
		if err != nil {
			panic(err)
		}
		fmt.Println(string(text))
	}
}
