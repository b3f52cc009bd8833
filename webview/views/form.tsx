import { Component, type VNode } from 'preact';
import { formatCount, formatShort } from '../../src/estimator/figures';
import { parseNumber, problemOf, type Field, type NumberField } from '../fields/field';
import { Slider } from '../ui/slider';
import { Checkbox, Dropdown, TextField } from '../ui/controls';
import { tokens } from '../words';

export interface FormProps<F extends object> {
  /** Prefix of the controls' ids. */
  readonly id: string;
  readonly fields: readonly Field<F>[];
  readonly form: F;
  /** Fields that differ from the file; marked. */
  readonly changed: ReadonlySet<string>;
  /** What the engine has against a field's value, by field. */
  readonly problems: ReadonlyMap<string, string>;
  readonly open: readonly string[];
  /** Shown in the first section, before its fields. */
  readonly lead: VNode;
  readonly onChange: (name: keyof F & string, value: string | number | boolean) => void;
  readonly onFold: (section: string, open: boolean) => void;
}

/** A form made from its fields: the first section always shown, the others folded until somebody opens them. */
export function Form<F extends object>(props: FormProps<F>): VNode {
  const { id, fields, form, open, lead, onFold } = props;
  const shown = fields.filter((field) => field.when?.(form) ?? true);
  const sections = [...new Set(fields.map((field) => field.section))].map((name) => ({
    name,
    fields: shown.filter((field) => field.section === name),
  }));
  const [first, ...folded] = sections.filter((section) => section.fields.length > 0);
  return (
    <div class="form">
      {lead}
      {first?.fields.map((field) => (
        <FieldView key={field.name} field={field} {...props} />
      ))}
      {folded.map((section) => {
        const key = `${id}/${section.name}`;
        return (
          <details key={key} open={open.includes(key)} onToggle={(event) => onFold(key, event.currentTarget.open)}>
            <summary>{section.name}</summary>
            {section.fields.map((field) => (
              <FieldView key={field.name} field={field} {...props} />
            ))}
          </details>
        );
      })}
    </div>
  );
}

function FieldView<F extends object>({ field, id, form, changed, problems, onChange }: FormProps<F> & { readonly field: Field<F> }): VNode {
  const value: unknown = form[field.name];
  const control = `${id}-${field.name}`;
  const problem = problems.get(field.name) ?? null;
  return (
    <div class={changed.has(field.name) ? 'field changed' : 'field'} data-field={field.name}>
      {field.kind === 'check' ? (
        <Checkbox id={control} checked={value === true} onToggle={(checked) => onChange(field.name, checked)}>
          {field.label}
        </Checkbox>
      ) : field.kind === 'choice' ? (
        <Dropdown
          id={control}
          label={field.label}
          value={String(value)}
          choices={field.choices}
          onChoose={(chosen) => onChange(field.name, chosen)}
        />
      ) : (
        <NumberInput id={control} field={field} value={Number(value)} onNumber={(number) => onChange(field.name, number)} />
      )}
      {problem === null ? null : <Problem text={problem} />}
      {field.help === undefined ? null : <p class="help">{field.help}</p>}
    </div>
  );
}

function Problem({ text }: { readonly text: string }): VNode {
  return (
    <p class="problem" role="alert">
      ✖ {text}
    </p>
  );
}

interface NumberInputProps<F> {
  readonly id: string;
  readonly field: NumberField<F>;
  readonly value: number;
  readonly onNumber: (value: number) => void;
}

/** A number to type and, where the field has stops, a slider beside it. What is typed stays as typed until the field is left. */
class NumberInput<F> extends Component<NumberInputProps<F>, { readonly typed: string | null }> {
  override state: { readonly typed: string | null } = { typed: null };

  override render({ id, field, value, onNumber }: NumberInputProps<F>): VNode {
    const typed = this.typedNow();
    const automatic = field.automatic !== undefined && value === field.min;
    const problem = typed === null || (typed === '' && field.automatic !== undefined) ? null : problemOf(field, typed);
    const label = field.unit === '' ? field.label : `${field.label} (${field.unit})`;
    return (
      <div class="number" onFocusOut={() => this.setState({ typed: null })}>
        <TextField
          id={id}
          label={label}
          value={typed ?? (automatic ? '' : plain(value))}
          invalid={problem !== null}
          numeric
          onText={(text) => this.type(text)}
        />
        {field.stops ? (
          <Slider
            id={`${id}-slider`}
            label={label}
            value={value}
            stops={field.stops}
            format={field.unit === 'tokens' ? tokens : formatShort}
            onSlide={onNumber}
          />
        ) : null}
        {automatic && typed === null ? <p class="help">Empty: {field.automatic}.</p> : null}
        {problem === null ? null : <Problem text={problem} />}
      </div>
    );
  }

  /** What is typed, unless the value has moved on without it. */
  private typedNow(): string | null {
    const { typed } = this.state;
    const { field, value } = this.props;
    if (typed === null || typed === '' || problemOf(field, typed) !== null) return typed;
    return parseNumber(typed) === value ? typed : null;
  }

  private type(text: string): void {
    const { field, value, onNumber } = this.props;
    if (text === this.typedNow()) return;
    this.setState({ typed: text });
    const number = text === '' && field.automatic !== undefined ? field.min : parseNumber(text);
    if (number !== null && number !== value && (text === '' || problemOf(field, text) === null)) onNumber(number);
  }
}

function plain(value: number): string {
  return Number.isInteger(value) ? formatCount(value) : String(Math.round(value * 1000) / 1000);
}
