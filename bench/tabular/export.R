# Saves every table among the data of R's packages the way R users save theirs, and lists them.
# Usage: Rscript export.R LIBRARY... FOLDER
# Prints a line for each: package, name, style and file. How each style is written stands in `styles`.

arguments <- commandArgs(trailingOnly = TRUE)
folder <- tail(arguments, 1)
libraries <- head(arguments, -1)
least_rows <- 30
most_rows <- 200000
most_columns <- 500

styles <- list(
  csv = function(table, path) write.csv(table, path),
  csv_gz = function(table, path) {
    file <- gzfile(path, "w")
    write.csv(table, file)
    close(file)
  },
  blank = function(table, path) write.csv(table, path, row.names = FALSE, na = ""),
  csv2 = function(table, path) write.csv2(table, path, row.names = FALSE),
  csv2_rows = function(table, path) write.csv2(table, path),
  tsv = function(table, path) write.table(table, path, sep = "\t", row.names = FALSE, quote = FALSE),
  # The header has one cell less than the rows: R's own reader takes the first column for the rows' names then.
  table = function(table, path) write.table(table, path, sep = "\t"),
  # read back and saved in pandas' way by collect.py
  pandas = function(table, path) write.csv(table, path, row.names = FALSE, na = "")
)
# How often each is met, in tenths and by rough judgement: most people keep the defaults.
chances <- c("csv", "csv", "csv", "csv_gz", "blank", "csv2", "csv2_rows", "tsv", "table", "pandas")
endings <- c(csv_gz = "csv.gz", tsv = "tsv", table = "tsv")

style_of <- function(package, name) {
  letters <- utf8ToInt(paste0(package, ".", name))
  chances[sum(letters * seq_along(letters)) %% length(chances) + 1]
}

is_cells <- function(column) is.atomic(column) && is.null(dim(column))

# Only what has the class is a table: a matrix or a time series is not saved by write.csv as one.
is_table <- function(value) {
  is.data.frame(value) && nrow(value) >= least_rows && nrow(value) <= most_rows &&
    ncol(value) >= 2 && ncol(value) <= most_columns && all(vapply(value, is_cells, TRUE)) &&
    !any(vapply(value, is.complex, TRUE))
}

# Text with the separator or a quote in it needs quotes, and whoever saves it sees that.
with_quotes <- function(table) {
  any(vapply(table, function(column) {
    (is.character(column) || is.factor(column)) && any(grepl("[\t\n\r\"]", as.character(column), useBytes = TRUE))
  }, TRUE))
}

save_table <- function(package, name, value) {
  table <- as.data.frame(unclass(value), optional = TRUE, stringsAsFactors = FALSE)
  attr(table, "row.names") <- attr(value, "row.names")
  style <- style_of(package, name)
  if (style == "tsv" && with_quotes(table)) style <- "table"
  ending <- if (style %in% names(endings)) endings[[style]] else "csv"
  path <- file.path(folder, paste0(package, ".", name, ".", ending))
  styles[[style]](table, path)
  cat(paste(package, name, style, basename(path), sep = "\t"), "\n", sep = "")
}

tables_of <- function(package, library) {
  index <- suppressWarnings(data(package = package, lib.loc = library)$results[, "Item"])
  for (item in unique(index)) {
    name <- sub(" .*", "", item)
    file <- sub(".*\\((.*)\\)", "\\1", item)
    place <- new.env()
    try(suppressWarnings(data(list = file, package = package, lib.loc = library, envir = place)), silent = TRUE)
    # Reading a value may fail: it can need a package that is not there.
    value <- try(get(name, place, inherits = FALSE), silent = TRUE)
    if (is_table(value)) try(save_table(package, name, value), silent = TRUE)
  }
}

options(warn = -1)
.libPaths(c(libraries, .libPaths()))
for (library in libraries) for (package in sort(list.files(library))) try(tables_of(package, library), silent = TRUE)
