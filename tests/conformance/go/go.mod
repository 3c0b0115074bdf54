module bursar/conformance

go 1.19

require github.com/tencentcloud/tencentcloud-sdk-go-intl-en v3.0.531+incompatible
