declare module "express4" {
  // As an application the same, in what is used here.
  import express from "express";
  export default express;
}
