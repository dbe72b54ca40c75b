/** A configuration's bytes: the data of a configuration entry, and a part of a snapshot's header. */
import { putTexts, readTexts, type ByteReader, type Sink } from "../../bytes/index.js";
import { makeConfiguration, sameConfiguration } from "../configuration.js";
import type { Configuration } from "../types.js";
import { encodeWith, readerOf } from "./bytes.js";
import { readEnd, readVersion } from "./version.js";

const VERSION = 1;

export function encodeConfiguration(configuration: Configuration): Uint8Array {
  return encodeWith(putVersioned, configuration);
}

/** Throws RAFT_BAD_FORMAT, also where the lists are not as `Configuration` says. */
export function decodeConfiguration(bytes: Uint8Array): Configuration {
  const reader = readerOf(bytes, "a configuration");
  const version = readVersion(reader);
  const configuration = readConfiguration(reader);
  readEnd(reader, version, VERSION);
  return configuration;
}

function putVersioned(sink: Sink, configuration: Configuration): void {
  sink.integer(VERSION);
  putConfiguration(sink, configuration);
}

export function putConfiguration(sink: Sink, { voters, outgoing, learners }: Configuration): void {
  putTexts(sink, voters);
  putTexts(sink, outgoing);
  putTexts(sink, learners);
}

export function readConfiguration(reader: ByteReader): Configuration {
  const configuration = {
    voters: readTexts(reader),
    outgoing: readTexts(reader),
    learners: readTexts(reader),
  };
  const { voters, outgoing, learners } = configuration;
  const isSound =
    !learners.some((learner) => voters.includes(learner)) &&
    sameConfiguration(configuration, makeConfiguration(voters, learners, outgoing));
  if (!isSound) reader.fail("sorted lists without duplicates, learners that do not vote", "others");
  return configuration;
}
