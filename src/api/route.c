/* How a request finds its product and action among those that were handed in.
 *
 * Owns nothing. Any thread. */
#include "api/action.h"

const struct api_product *products_find(const struct api_products *products, struct slice name)
{
    for (uint32_t i = 0; i < products->count; i++) {
        if (slice_equal_nocase(products->at[i].product->name, name))
            return &products->at[i];
    }
    return NULL;
}

uint32_t product_action(const struct product *product, struct slice name)
{
    uint32_t index = 0;
    while (index < product->action_count && !slice_equal(product->actions[index]->name, name))
        index++;
    return index;
}

uint32_t products_first_number(const struct api_products *products,
                               const struct api_product *served)
{
    uint32_t number = 0;
    for (const struct api_product *at = products->at; at < served; at++)
        number += at->product->action_count;
    return number;
}

bool exchange_route(struct exchange *exchange)
{
    const struct envelope *envelope = &exchange->envelope;
    if (!exchange->served)
        return exchange_refuse_word(exchange, ERROR_NO_SUCH_PRODUCT, exchange->product_name);
    const struct product *product = exchange->served->product;
    if (!slice_equal(product->version, envelope->version)) {
        (void)exchange_refuse_word(exchange, ERROR_NO_SUCH_VERSION, envelope->version);
        exchange->complaint.words[1] = product->name;
        return false;
    }
    uint32_t index = product_action(product, envelope->action);
    if (index == product->action_count) {
        (void)exchange_refuse_word(exchange, ERROR_INVALID_ACTION, envelope->action);
        exchange->complaint.words[1] = product->name;
        exchange->complaint.words[2] = product->version;
        return false;
    }
    exchange->action = product->actions[index];
    exchange->action_number =
        products_first_number(&exchange->worker->api->world.products, exchange->served) + index;
    if (exchange->action->prepare && http1_is_head(exchange->request))
        return exchange_refuse(exchange, ERROR_UNSUPPORTED_METHOD); /* whose answer nobody sees */
    return true;
}
