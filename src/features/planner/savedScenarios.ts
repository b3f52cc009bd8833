import type * as vscode from 'vscode';
import { parseSaved, type SavedScenario } from '../../protocol/messages';

const KEY = 'planner.scenarios';
/** Kept at a time: more than anybody compares, few enough for the editor's workspace storage. */
const MAX_SAVED = 100;

/** Scenarios a person named, kept with the workspace. */
export class SavedScenarios {
  constructor(private readonly memory: vscode.Memento) {}

  all(): readonly SavedScenario[] {
    const kept = this.memory.get<unknown>(KEY);
    return Array.isArray(kept) ? kept.map(parseSaved).filter((scenario) => scenario !== null) : [];
  }

  /** Keeps a scenario; one of the same name is replaced. */
  async save(scenario: SavedScenario): Promise<void> {
    await this.memory.update(KEY, [...this.without(scenario.name), scenario].slice(-MAX_SAVED));
  }

  async delete(name: string): Promise<void> {
    await this.memory.update(KEY, this.without(name));
  }

  private without(name: string): readonly SavedScenario[] {
    return this.all().filter((scenario) => scenario.name !== name);
  }
}
