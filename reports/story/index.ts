/**
 * Runs told in words, for people who have not seen the code yet.
 *
 * What it promises: the same recording gives the same words; every fault that struck and every operation of a
 * client is in it, but for the middle of a long story. What it does not: explain why; it says what happened.
 */
export { faultWords } from "./fault-words.js";
export { storyLines, storyText, type StoryLine } from "./story.js";
