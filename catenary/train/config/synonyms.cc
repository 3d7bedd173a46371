#include "catenary/train/config/synonyms.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <iterator>

#include "catenary/base/nearest.h"
#include "catenary/base/text.h"

namespace catenary::train {

namespace {

// A word in small letters and without '_', '-' and spaces, and our name for what it means.
struct Synonym {
  std::string_view word, name;
};
// Keras, PyTorch, scikit-learn and JAX's optax.
constexpr Synonym kSynonyms[] = {
    {"lr", "learning_rate"},
    {"eta", "learning_rate"},
    {"eta0", "learning_rate"},
    {"stepsize", "learning_rate"},
    {"learningrateinit", "learning_rate"},
    {"b1", "beta1"},
    {"b2", "beta2"},
    {"eps", "epsilon"},
    {"numepochs", "epochs"},
    {"nepochs", "epochs"},
    {"maxepochs", "epochs"},
    {"maxiter", "epochs"},
    {"batch", "batch_size"},
    {"bs", "batch_size"},
    {"minibatch", "batch_size"},
    {"minibatchsize", "batch_size"},
    {"wd", "weight_decay"},
    {"l2", "weight_decay"},
    {"alpha", "weight_decay"},
    {"criterion", "loss"},
    {"lossfunction", "loss"},
    {"optim", "optimizer"},
    {"solver", "optimizer"},
    {"size", "units"},
    {"neurons", "units"},
    {"hidden", "units"},
    {"outfeatures", "units"},
    {"nonlinearity", "activation"},
    {"initializer", "init"},
    {"kernelinitializer", "init"},
    {"label", "target"},
    {"y", "target"},
    {"targets", "target"},
    {"file", "train"},
    {"path", "train"},
    {"sep", "separator"},
    {"delimiter", "separator"},
    {"delim", "separator"},
    {"navalues", "missing"},
    {"dtype", "types"},
    {"dtypes", "types"},
    {"names", "columns"},
    {"colnames", "columns"},
    {"drop", "ignore"},
    {"exclude", "ignore"},
    {"indexcol", "id"},
    {"index", "id"},
    {"date", "time"},
    {"datetime", "time"},
    {"timestamp", "time"},
    {"bool", "boolean"},
    {"categorical", "category"},
    {"factor", "category"},
    {"string", "category"},
    {"text", "category"},
    {"numeric", "number"},
    {"float", "number"},
    {"integer", "number"},
    {"int", "number"},
    {"onehotencoder", "onehot"},
    {"dummies", "onehot"},
    {"getdummies", "onehot"},
    {"ordinalencoder", "ordinal"},
    {"labelencoder", "ordinal"},
    {"standardscaler", "standardize"},
    {"zscore", "standardize"},
    {"minmaxscaler", "minmax"},
    {"simpleimputer", "impute"},
    {"fillna", "impute"},
    {"quantiletransformer", "quantile"},
    {"log1p", "log"},
    {"winsorize", "clip"},
    {"strategy", "by"},
    {"mode", "most_frequent"},
    {"average", "mean"},
    {"fillvalue", "value"},
    {"handleunknown", "unseen"},
    {"ignore", "other"},
    {"error", "refuse"},
    {"categories", "order"},
    {"nquantiles", "quantiles"},
    {"outputdistribution", "distribution"},
    {"gauss", "normal"},
    {"gaussian", "normal"},
    {"normalize", "standardize"},
    {"scale", "standardize"},
    {"randomstate", "seed"},
    {"validationsplit", "split"},
    {"validationsplit", "validation"},
    {"validationfraction", "validation"},
    {"valsize", "validation"},
    {"val", "validation"},
    {"valid", "validation"},
    {"dev", "validation"},
    {"testsize", "split"},
    {"testsize", "test"},
    {"holdout", "test"},
    {"shuffle", "by"},
    {"shuffle", "random"},
    {"shuffled", "random"},
    {"stratify", "by"},
    {"stratify", "stratified"},
    {"time", "ordered"},
    {"sequential", "ordered"},
    {"groups", "group"},
    {"network", "model"},
    {"dataset", "data"},
    {"training", "train"},
    {"mse", "squared_error"},
    {"mseloss", "squared_error"},
    {"meansquarederror", "squared_error"},
    {"l2loss", "squared_error"},
    {"mae", "huber"},
    {"l1", "huber"},
    {"l1loss", "huber"},
    {"smoothl1", "huber"},
    {"bce", "binary_cross_entropy"},
    {"bceloss", "binary_cross_entropy"},
    {"bcewithlogitsloss", "binary_cross_entropy"},
    {"binarycrossentropy", "binary_cross_entropy"},
    {"crossentropy", "softmax_cross_entropy"},
    {"crossentropyloss", "softmax_cross_entropy"},
    {"categoricalcrossentropy", "softmax_cross_entropy"},
    {"sparsecategoricalcrossentropy", "softmax_cross_entropy"},
    {"nll", "softmax_cross_entropy"},
    {"nllloss", "softmax_cross_entropy"},
    {"logloss", "softmax_cross_entropy"},
    {"acc", "accuracy"},
    {"swish", "silu"},
    {"logistic", "sigmoid"},
    {"hardsigmoid", "hard_sigmoid"},
    {"linear", "identity"},
    {"none", "identity"},
    {"linear", "dense"},
    {"fc", "dense"},
    {"fullyconnected", "dense"},
    {"simplernn", "rnn"},
    {"elman", "rnn"},
    {"recurrent", "rnn"},
    {"cudnnlstm", "lstm"},
    {"cudnngru", "gru"},
    {"globalaveragepooling1d", "mean_over_time"},
    {"meanpooling", "mean_over_time"},
    {"hiddensize", "units"},
    {"hiddenunits", "units"},
    {"outputdim", "units"},
    {"embeddingdim", "units"},
    {"recurrentinitializer", "recurrent_init"},
    {"unitforgetbias", "forget_bias"},
    {"resetafter", "reset_gate"},
    {"linearbeforereset", "reset_gate"},
    {"layernormalization", "layer_norm"},
    {"xavier", "glorot_uniform"},
    {"glorot", "glorot_uniform"},
    {"kaiming", "he_normal"},
    {"he", "he_normal"},
    {"adamw", "adam"},
    {"nesterov", "momentum"},
};

// Keys that people look for in another table.
constexpr Synonym kElsewhere[] = {
    {"learningrate", "train.optimizer.learning_rate"},
    {"lr", "train.optimizer.learning_rate"},
    {"momentum", "train.optimizer.momentum"},
    {"loss", "train.loss"},
    {"optimizer", "train.optimizer"},
    {"epochs", "train.epochs"},
    {"batchsize", "train.batch_size"},
    {"weightdecay", "train.weight_decay"},
    {"metrics", "train.metrics"},
    {"layers", "model.layers"},
    {"target", "data.target"},
    {"standardize", "data.standardize"},
    {"preprocess", "[[preprocess]]"},
    {"preprocessing", "[[preprocess]]"},
    {"split", "data.split"},
    {"validationsplit", "data.split.validation"},
    {"validationfraction", "data.split.validation"},
    {"testsize", "data.split.test"},
    {"stratify", "data.split.by"},
    {"groups", "data.split.group"},
};

std::string plain(std::string_view word) {
  std::string letters;
  for (const char c : word) {
    if (c != '_' && c != '-' && c != ' ')
      letters += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return letters;
}

// Our name for the word among those that there are; "" if it has none.
std::string_view name_for(std::string_view word, std::span<const std::string_view> names) {
  const std::string letters = plain(word);
  for (const Synonym& synonym : kSynonyms) {
    if (synonym.word == letters && std::ranges::count(names, synonym.name) > 0) return synonym.name;
  }
  return {};
}

// The key of another table; "" if it is none.
std::string_view key_for(std::string_view word) {
  const auto* found = std::ranges::find(kElsewhere, plain(word), &Synonym::word);
  return found == std::end(kElsewhere) ? std::string_view{} : found->name;
}

std::string did_you_mean(std::string_view name) { return fmt::format("; did you mean {}?", quote(name)); }

}  // namespace

std::string_view meant_by(std::string_view word, std::span<const std::string_view> names) {
  constexpr std::size_t kLongest = 40;  // a hostile file may hold a name of megabytes
  const std::string_view name = word.size() > kLongest ? std::string_view{} : name_for(word, names);
  return name.empty() ? nearest(word, names) : name;
}

std::string suggestion_for(std::string_view word, std::span<const std::string_view> names) {
  const std::string_view meant = meant_by(word, names);
  return meant.empty() ? suggestion(word, names) : did_you_mean(meant);
}

std::string key_suggestion(std::string_view word, std::span<const std::string_view> keys) {
  constexpr std::size_t kLongest = 40;
  if (!meant_by(word, keys).empty() || word.size() > kLongest) return suggestion_for(word, keys);
  const std::string_view key = key_for(word);
  return key.empty() ? suggestion(word, keys) : did_you_mean(key);
}

}  // namespace catenary::train
