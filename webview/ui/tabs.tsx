import { vsCodePanels, vsCodePanelTab, vsCodePanelView } from '@vscode/webview-ui-toolkit/dist/panels';
import { provideVSCodeDesignSystem } from '@vscode/webview-ui-toolkit/dist/vscode-design-system';
import type { VNode } from 'preact';

provideVSCodeDesignSystem().register(vsCodePanels(), vsCodePanelTab(), vsCodePanelView());

export interface Tab {
  readonly id: string;
  readonly title: string;
  /** Rendered only while the tab is shown. */
  readonly view: () => VNode;
}

export interface TabsProps {
  readonly label: string;
  readonly tabs: readonly Tab[];
  readonly active: string;
  readonly onShow: (id: string) => void;
}

export function Tabs({ label, tabs, active, onShow }: TabsProps): VNode {
  return (
    <vscode-panels
      activeid={`tab-${active}`}
      aria-label={label}
      onChange={(event) => {
        const element = event.currentTarget as HTMLElement;
        if (event.target !== element) return;
        // The attribute follows the property only in a later task.
        const shown = ('activeid' in element ? String(element.activeid) : '').replace(/^tab-/, '');
        if (shown !== active && tabs.some((tab) => tab.id === shown)) onShow(shown);
      }}
    >
      {tabs.map((tab) => (
        <vscode-panel-tab key={`tab-${tab.id}`} id={`tab-${tab.id}`}>
          {tab.title}
        </vscode-panel-tab>
      ))}
      {tabs.map((tab) => (
        <vscode-panel-view key={`view-${tab.id}`} id={`view-${tab.id}`}>
          {tab.id === active ? tab.view() : null}
        </vscode-panel-view>
      ))}
    </vscode-panels>
  );
}
