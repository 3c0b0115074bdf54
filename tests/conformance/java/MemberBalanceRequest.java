import com.google.gson.annotations.Expose;
import com.google.gson.annotations.SerializedName;
import com.tencentcloudapi.common.AbstractModel;
import java.util.HashMap;

/** The action's parameters as the SDK's own models declare theirs; this edition of the SDK is older than the action. */
public final class MemberBalanceRequest extends AbstractModel {
    @SerializedName("PageNumber") @Expose Long PageNumber;
    @SerializedName("PageSize") @Expose Long PageSize;
    @SerializedName("MemberUins") @Expose String[] MemberUins;

    @Override
    public void toMap(HashMap<String, String> map, String prefix) {
        setParamSimple(map, prefix + "PageNumber", PageNumber);
        setParamSimple(map, prefix + "PageSize", PageSize);
        setParamArraySimple(map, prefix + "MemberUins.", MemberUins);
    }
}
