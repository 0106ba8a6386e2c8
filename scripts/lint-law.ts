import type { ESLint, Linter } from "eslint";
import { createNodeResolver, importX } from "eslint-plugin-import-x";
import tseslint from "typescript-eslint";
import { importLaw } from "./import-law.ts";
import { timeLaw } from "./time-law.ts";

/**
 * What a formatter cannot see, as an ESLint configuration for the tree at `root`: who may import whom, no promise
 * left alone, no clock, timer or chance of its own in core and client.
 */
export function lintLaw(root: string): Linter.Config[] {
  return [
    { ignores: ["**/dist/**", "**/node_modules/**", "docs/**", "**/*.js", "**/*.mjs"] },
    parsed(root),
    ...typeLaw(),
    ...exportLaw(["packages/*/src/index.ts", "packages/*/src/testing/index.ts"]),
    ...importLaw(root),
    timeLaw(),
  ];
}

function parsed(root: string): Linter.Config {
  const conditionNames = ["@earshot/source", "import", "node", "default"];
  return {
    files: ["**/*.ts"],
    languageOptions: {
      parser: tseslint.parser,
      parserOptions: { projectService: true, tsconfigRootDir: root },
      globals: { window: "readonly", self: "readonly", global: "readonly" },
    },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    plugins: {
      "@typescript-eslint": tseslint.plugin as ESLint.Plugin,
      "import-x": importX as unknown as ESLint.Plugin,
    },
    settings: {
      "import-x/extensions": [".ts"],
      "import-x/parsers": { "@typescript-eslint/parser": [".ts"] },
      "import-x/resolver-next": [createNodeResolver({ extensions: [".ts", ".js", ".json"], conditionNames })],
    },
  };
}

function typeLaw(): Linter.Config[] {
  return [
    {
      files: ["**/*.ts"],
      rules: {
        "@typescript-eslint/no-floating-promises": "error",
        "@typescript-eslint/no-misused-promises": "error",
      },
    },
    {
      files: ["packages/*/src/**/*.ts"],
      rules: {
        "@typescript-eslint/no-explicit-any": "error",
        // import("./x.ts").Type would walk around the import law.
        "@typescript-eslint/consistent-type-imports": ["error", { disallowTypeAnnotations: true }],
      },
    },
  ];
}

/** Named exports alone, and but for a package's entries no file that only passes on what others export. */
function exportLaw(entries: string[]): Linter.Config[] {
  const star = { selector: "ExportAllDeclaration", message: "The public surface is written by hand: export by name." };
  const unnamed = { selector: "ExportDefaultDeclaration", message: "Export by name." };
  const passedOn = {
    selector: "ExportNamedDeclaration[source]",
    message: "No barrels inside a package: import it where it stands.",
  };
  return [
    {
      files: ["packages/*/src/**/*.ts"],
      ignores: entries,
      rules: { "no-restricted-syntax": ["error", star, unnamed, passedOn] },
    },
    { files: entries, rules: { "no-restricted-syntax": ["error", star, unnamed] } },
  ];
}
