import type { ComponentChildren } from 'preact';

/** What this project sets on the toolkit's elements; the elements themselves are registered in `toolkit.tsx`. */
interface ElementProps {
  readonly id?: string;
  readonly class?: string;
  readonly key?: string;
  readonly children?: ComponentChildren;
  readonly disabled?: boolean;
  readonly title?: string;
  readonly ref?: (element: HTMLElement | null) => void;
  readonly 'aria-label'?: string;
  readonly 'aria-labelledby'?: string;
  readonly 'aria-describedby'?: string;
  readonly 'aria-invalid'?: 'true' | 'false';
  readonly 'aria-expanded'?: 'true' | 'false';
  readonly 'aria-disabled'?: 'true' | 'false';
  readonly 'aria-haspopup'?: 'menu';
  readonly 'data-field'?: string;
}

interface ValueProps extends ElementProps {
  readonly value?: string;
  readonly onInput?: (event: Event) => void;
  readonly onChange?: (event: Event) => void;
}

declare module 'preact' {
  namespace JSX {
    interface IntrinsicElements {
      'vscode-button': ElementProps & {
        readonly appearance?: 'primary' | 'secondary' | 'icon';
        readonly onClick?: ((event: Event) => void) | undefined;
      };
      'vscode-text-field': ValueProps & { readonly size?: number; readonly inputmode?: string };
      'vscode-checkbox': ElementProps & { readonly checked?: boolean; readonly onChange?: (event: Event) => void };
      'vscode-dropdown': ValueProps & { readonly position?: 'above' | 'below' };
      'vscode-option': ElementProps & { readonly value: string; readonly selected?: boolean };
      'vscode-panels': ElementProps & { readonly activeid?: string; readonly onChange?: (event: Event) => void };
      'vscode-panel-tab': ElementProps;
      'vscode-panel-view': ElementProps;
      'vscode-progress-ring': ElementProps;
    }
  }
}
