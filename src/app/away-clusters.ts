type Listener = (cluster: string, away: boolean) => void;

/** Which clusters are found away or back, for whoever wants to know it the moment it changes. */
export class AwayClusters {
  #listener: Listener = () => undefined;

  tell(cluster: string, away: boolean): void {
    this.#listener(cluster, away);
  }

  listen(listener: Listener): void {
    this.#listener = listener;
  }
}
