/**
 * Histories that somebody else recorded: parsers, and the check of a file.
 *
 * What lives here: the formats `jepsen-etcd`, `porcupine-kv`, `edn` and `jsonl`, each documented in its file;
 * their way into the one record of operations (`sim/check/history`); `checkHistoryFile`.
 *
 * What it promises: a file that is not of its format gives a `HISTORY_FORMAT` error that names file and line;
 * nothing is guessed, and a file without operations is no history. What it does not: keep wall-clock times, or know what the nemesis did.
 */
export {
  checkHistoryFile,
  checkHistoryText,
  HISTORY_FORMATS,
  HISTORY_MODELS,
  type HistoryFileReport,
  type HistoryFormat,
  type HistoryModel,
} from "./check-history-file.js";
export { HistoryFormatError } from "./event.js";
