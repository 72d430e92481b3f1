type Listener = (cluster: string, away: boolean) => void;

/** Notifies listeners at once when a cluster stops answering or answers again. */
export class AwayClusters {
  #listener: Listener = () => undefined;

  tell(cluster: string, away: boolean): void {
    this.#listener(cluster, away);
  }

  listen(listener: Listener): void {
    this.#listener = listener;
  }
}
