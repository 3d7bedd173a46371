#pragma once

/// Catenary: train neural networks by backpropagation. The only header that most users include. It and what
/// it includes are public; all other headers are private.

#include "catenary/base/cpp20.h"
#include "catenary/base/error.h"
#include "catenary/base/thread_pool.h"
#include "catenary/data/idx_dataset.h"
#include "catenary/data/preprocess/encode.h"
#include "catenary/data/preprocess/fit.h"
#include "catenary/data/split.h"
#include "catenary/data/table_dataset.h"
#include "catenary/derive/compose/compose.h"
#include "catenary/derive/expression/expression.h"
#include "catenary/derive/render/render.h"
#include "catenary/engine/step.h"
#include "catenary/formats/safetensors.h"
#include "catenary/ir/print.h"
#include "catenary/nn/network.h"
#include "catenary/nn/recurrent.h"
#include "catenary/nn/sequence.h"
#include "catenary/ops/evaluate.h"
#include "catenary/ops/ops.h"
#include "catenary/optim/optimizer.h"
#include "catenary/transform/check/gradcheck.h"
#include "catenary/transform/gradient.h"
