/**
 * Where partitions go. What lives here: `place`, which spreads replicas and leaders over brokers by load and moves as
 * little as possible, and `makeRing` and `onRing`, consistent hashing with virtual nodes.
 *
 * What it promises: pure functions of their arguments, in integers, the same everywhere. What it does not: it knows
 * neither racks nor sizes, a replica counts 1; and it moves nothing, it only says what should be where.
 */
export { place, type Assignment } from "./place.js";
export { hashOf, makeRing, onRing, type Ring } from "./ring.js";
