import { lintLaw } from "./scripts/lint-law.ts";

// Format and style are biome's; here stand the laws that need types or the import graph.
export default lintLaw(import.meta.dirname);
