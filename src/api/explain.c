#include "api/action.h"
