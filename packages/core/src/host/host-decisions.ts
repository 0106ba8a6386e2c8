import { Authorization, type AuthorizationSurroundings } from "./authorization.ts";
import { BeforeHooks, type BeforeSurroundings } from "./before-hooks.ts";
import { DefinitionCheck, type DefinitionSurroundings } from "./definition-check.ts";
import { EventListeners, type ListenersSurroundings } from "./event-listeners.ts";

/** Where the host's own code comes in: asked before something is done, told after it was. */
export class HostDecisions {
  readonly authorization: Authorization;
  readonly hooks: BeforeHooks;
  readonly listeners: EventListeners;

  constructor(
    house: AuthorizationSurroundings &
      Omit<BeforeSurroundings, "definition"> &
      DefinitionSurroundings &
      ListenersSurroundings,
  ) {
    this.authorization = new Authorization(house);
    this.hooks = new BeforeHooks({ ...house, definition: new DefinitionCheck(house) });
    this.listeners = new EventListeners(house);
  }
}
