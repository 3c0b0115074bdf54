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
	Params                                                                        json.RawMessage
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

// The action's parameters as the SDK's own models declare theirs; this edition of the SDK is older than the action.
type memberBalanceRequest struct {
	*sdkhttp.BaseRequest
	PageNumber *int64    `json:"PageNumber,omitempty" name:"PageNumber"`
	PageSize   *int64    `json:"PageSize,omitempty" name:"PageSize"`
	MemberUins []*string `json:"MemberUins,omitempty" name:"MemberUins"`
}

type memberBalanceResponse struct {
	*sdkhttp.BaseResponse
	Response json.RawMessage
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
	p.Language = "en-US"
	if c.Language != "" {
		p.Language = c.Language
	}
	var who common.CredentialIface = common.NewCredential(c.SecretId, c.SecretKey)
	if c.Token != "" {
		who = common.NewTokenCredential(c.SecretId, c.SecretKey, c.Token)
	}
	request := &memberBalanceRequest{BaseRequest: &sdkhttp.BaseRequest{}}
	if err := json.Unmarshal(c.Params, request); err != nil {
		return nil, err
	}
	request.Init().WithApiInfo("billing", c.Version, c.Action)
	response := &memberBalanceResponse{BaseResponse: &sdkhttp.BaseResponse{}}
	err := common.NewCommonClient(who, "", p).Send(request, response)
	return response.Response, err
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
