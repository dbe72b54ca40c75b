/**
 * The controllers: a Raft group that holds the metadata and answers brokers and administrators.
 *
 * What lives here: `Controller`, one server of the group, and `ControllerChannel`, the way to it.
 *
 * What it promises: what a controller says was done is committed. One is active: the leader of the group, once it has
 * applied all that was committed before its term; it alone takes commands, and fences whoever is silent for a session.
 * A partition that nobody may lead any more is led again once all who may hold what is committed have said what they hold.
 * Metadata can be fetched from any of them; it is committed, and comes in whole commands, in order, never older than
 * what the asker has.
 *
 * What it does not: a controller that was replaced and does not know it yet may still answer heartbeats; nothing is
 * decided by that. The group's members do not change here. A controller believes brokers who they say they are.
 */
export { ControllerChannel, type ControllerChannelOptions } from "./channel.js";
export { Controller, type ControllerInspection } from "./controller.js";
export { CONTROLLER_MARKS, type ControllerMark } from "./marks.js";
export type { ControllerOptions } from "./options.js";
