/* Effect: whether every statement of a policy can do what it says on this server. Asked when a
 * policy is put; what was put before stays what it is. */
#ifndef API_POLICY_EFFECT_H
#define API_POLICY_EFFECT_H

#include "api/policy.h"
#include "base/buffer.h"

struct api_products;

/* Against the actions of `products`: an allow must be able to allow something by each of its
 * actions, resources and conditions; a deny to deny everything it names. False: appends which
 * element cannot, as "statement[1].resource[0]: ...". */
bool policy_has_effect(const struct compiled_policy *policy, const struct api_products *products,
                       struct buffer *ret_reason);

#endif
