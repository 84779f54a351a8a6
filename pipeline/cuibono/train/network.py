"""The network: a pretrained encoder, and for each unit an attentive pooling and a linear layer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import AutoModel

from cuibono.classify import windows
from cuibono.classify.windows import Special, Stretch

#: Common names of actors; the mask starts as their mean, as one more word of this kind.
_LIKE_THE_MASK = ("russia", "iran", "china", "turkey", "india", "ukraine", "germany", "japan", "france", "israel")


class UnitClassifier(nn.Module):
    """Scores of ``classes`` classes for each unit of a window.

    A unit is represented by the mean of its tokens, by a learned weighting of them, and by the window's
    first token.

    Args:
        base: Folder of a pretrained encoder that :class:`transformers.AutoModel` loads.
        tokenizer: Its tokenizer, with the mask added.
        special: The ids of the special tokens.
        classes: How many classes.
        dropout: Before the last layer.
    """

    def __init__(self, base: Path, tokenizer: Tokenizer, special: Special, classes: int, dropout: float = 0.1) -> None:
        super().__init__()
        self.encoder = AutoModel.from_pretrained(str(base), add_pooling_layer=False, local_files_only=True)
        self._add_mask(tokenizer, special)
        width = self.encoder.config.hidden_size
        self.attention = nn.Linear(width, 1)
        self.dropout = nn.Dropout(dropout)
        self.classify = nn.Linear(3 * width, classes)

    def forward(self, ids: Tensor, mask: Tensor, units: Tensor) -> tuple[Tensor, Tensor]:
        """Logits, shape (windows, units, classes), and how much each token weighs, (windows, units, tokens).

        Args:
            ids: Token ids, (windows, tokens).
            mask: 1 for tokens, 0 for padding, (windows, tokens).
            units: 1 where a token belongs to a unit, (windows, units, tokens), float.
        """
        hidden = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state.float()
        mean = (units / units.sum(-1, keepdim=True).clamp(min=1.0)) @ hidden
        weights = self.attention(hidden).transpose(1, 2).expand(-1, units.shape[1], -1)
        weights = torch.softmax(weights + (units - 1.0) * 1e4, dim=-1)
        first = hidden[:, :1].expand(-1, units.shape[1], -1)
        pooled = torch.cat([mean, weights @ hidden, first], dim=-1)
        return self.classify(self.dropout(pooled)), weights

    def freeze(self, layers: int) -> None:
        """Leave the embeddings and the lowest layers as they are. 0 freezes nothing."""
        if not layers:
            return
        for part in [self.encoder.embeddings, *self.encoder.encoder.layer[:layers]]:
            for parameter in part.parameters():
                parameter.requires_grad = False

    def groups(self, rate: float, head_rate: float) -> list[dict[str, object]]:
        """Parameter groups for an optimizer: the encoder learns slowly, what is new fast."""
        body = [p for n, p in self.named_parameters() if n.startswith("encoder.") and p.requires_grad]
        head = [p for n, p in self.named_parameters() if not n.startswith("encoder.")]
        return [{"params": body, "lr": rate}, {"params": head, "lr": head_rate}]

    def _add_mask(self, tokenizer: Tokenizer, special: Special) -> None:
        rows = self.encoder.get_input_embeddings().weight.shape[0]
        self.encoder.resize_token_embeddings(max(rows, tokenizer.get_vocab_size()), mean_resizing=False)
        weight = self.encoder.get_input_embeddings().weight
        alike = [i for name in _LIKE_THE_MASK for i in tokenizer.encode(name, add_special_tokens=False).ids[:1]]
        with torch.no_grad():
            weight[special.actor] = weight[alike].mean(dim=0)


def pad(rows: Sequence[tuple[Sequence[int], Sequence[Stretch]]], filler: int) -> tuple[Tensor, Tensor, Tensor]:
    """:func:`cuibono.classify.windows.pad` as tensors, the three inputs of :class:`UnitClassifier`."""
    ids, mask, units = map(torch.from_numpy, windows.pad(rows, filler))
    return ids, mask, units
