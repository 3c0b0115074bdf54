import com.google.gson.annotations.Expose;
import com.google.gson.annotations.SerializedName;
import com.tencentcloudapi.common.AbstractModel;
import java.util.HashMap;

/** The action's parameters as the SDK's own models declare theirs; this edition of the SDK is older than the action. */
public final class MemberBalanceRequest extends AbstractModel {
    @SerializedName("PageNumber") @Expose Long pageNumber;
    @SerializedName("PageSize") @Expose Long pageSize;
    @SerializedName("MemberUins") @Expose String[] memberUins;

    @Override
    public void toMap(HashMap<String, String> map, String prefix) {
        setParamSimple(map, prefix + "PageNumber", pageNumber);
        setParamSimple(map, prefix + "PageSize", pageSize);
        setParamArraySimple(map, prefix + "MemberUins.", memberUins);
    }
}
